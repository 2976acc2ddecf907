-- +goose Up
-- Where partners want events. The secret signs what is sent, and so is stored as it is.
CREATE TABLE webhook_endpoints (
    id          text        PRIMARY KEY,
    owner_id    text        NOT NULL, -- api_… or usr_…
    url         text        NOT NULL,
    event_types text[]      NOT NULL,
    active      boolean     NOT NULL,
    secret      text        NOT NULL,
    version     bigint      NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL,
    CONSTRAINT webhook_endpoints_url_is_short CHECK (length(url) <= 2000),
    CONSTRAINT webhook_endpoints_have_events  CHECK (cardinality(event_types) BETWEEN 1 AND 100)
);
CREATE INDEX webhook_endpoints_owner ON webhook_endpoints (owner_id, id);
