-- +goose Up

-- Who had subscribed, as in stock_alerts: the address of a mail is deleted with the
-- account. Rows from before have none, and expire.
ALTER TABLE stock_alert_tokens ADD COLUMN owner_id text COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX stock_alert_tokens_by_owner ON stock_alert_tokens (owner_id) WHERE owner_id <> '';
