-- Who is to get a mail when a variant is in stock again, or costs less.

-- +goose Up
CREATE TABLE stock_alerts (
    id          text COLLATE "C" PRIMARY KEY,
    variant_id  text COLLATE "C" NOT NULL REFERENCES variants ON DELETE CASCADE,
    kind        text        NOT NULL,
    recipient   text COLLATE "C" NOT NULL, -- usr_…, or an e-mail address
    owner_id    text COLLATE "C" NOT NULL, -- the account or guest that subscribed; empty without one
    locale      text        NOT NULL,
    currency    char(3)     NOT NULL,
    price_minor bigint      NOT NULL, -- that the recipient saw: a price drop is one below it
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    CONSTRAINT stock_alerts_one_per_variant_kind_recipient UNIQUE (variant_id, kind, recipient),
    CONSTRAINT stock_alerts_kind_is_known CHECK (kind IN ('BACK_IN_STOCK', 'PRICE_DROP')),
    CONSTRAINT stock_alerts_price_is_positive CHECK (price_minor > 0)
);
CREATE INDEX stock_alerts_by_recipient ON stock_alerts (recipient);
CREATE INDEX stock_alerts_by_owner ON stock_alerts (owner_id, variant_id) WHERE owner_id <> '';
CREATE INDEX stock_alerts_by_expiry ON stock_alerts (expires_at);

-- How often an account, or the guests of a network, subscribed within a day. It counts
-- requests and not rows: rows would show which addresses have subscribed before.
CREATE TABLE stock_alert_requests (
    requester text COLLATE "C" PRIMARY KEY, -- usr_…, api_…, or a network
    began     timestamptz NOT NULL,
    requests  int         NOT NULL
);
CREATE INDEX stock_alert_requests_by_age ON stock_alert_requests (began);

-- A row for each mail: its link unsubscribes the recipient, and the rows bound how many
-- mails an address gets.
CREATE TABLE stock_alert_tokens (
    token_sha256 bytea PRIMARY KEY,
    recipient    text COLLATE "C" NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX stock_alert_tokens_by_recipient ON stock_alert_tokens (recipient, created_at);
CREATE INDEX stock_alert_tokens_by_age ON stock_alert_tokens (created_at);

-- Variants whose subscriptions are to be looked at. Each change adds a row in its own
-- transaction, also where there is no subscription yet: one that is committed
-- concurrently queues the variant itself, so that none is missed. Rows are only added and
-- taken: changes do not wait for each other.
CREATE TABLE stock_alert_queue (
    number     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    variant_id text COLLATE "C" NOT NULL
);

-- +goose StatementBegin
CREATE FUNCTION queue_alerts_of_stock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO stock_alert_queue (variant_id) VALUES (NEW.variant_id);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER availability_queues_alerts_new AFTER INSERT ON availability FOR EACH ROW
    WHEN (NEW.available > 0) EXECUTE FUNCTION queue_alerts_of_stock();
CREATE TRIGGER availability_queues_alerts_changed AFTER UPDATE ON availability FOR EACH ROW
    WHEN (OLD.available <= 0 AND NEW.available > 0) EXECUTE FUNCTION queue_alerts_of_stock();

-- +goose StatementBegin
CREATE FUNCTION queue_alerts_of_prices() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN -- of a new variant, or in another currency
        INSERT INTO stock_alert_queue (variant_id)
        SELECT DISTINCT n.variant_id FROM new_rows n WHERE EXISTS (SELECT FROM stock_alerts a WHERE a.variant_id = n.variant_id);
    ELSE
        INSERT INTO stock_alert_queue (variant_id)
        SELECT DISTINCT n.variant_id FROM new_rows n JOIN old_rows o USING (variant_id, currency) WHERE n.price_minor < o.price_minor;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER variant_prices_queue_alerts_new AFTER INSERT ON variant_prices
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION queue_alerts_of_prices();
CREATE TRIGGER variant_prices_queue_alerts_changed AFTER UPDATE ON variant_prices
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION queue_alerts_of_prices();

-- What was archived is for sale again.
-- +goose StatementBegin
CREATE FUNCTION queue_alerts_of_products() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO stock_alert_queue (variant_id)
    SELECT v.id FROM new_rows n JOIN old_rows o ON o.id = n.id AND o.status <> 'PUBLISHED' JOIN variants v ON v.product_id = n.id
    WHERE n.status = 'PUBLISHED' AND EXISTS (SELECT FROM stock_alerts a WHERE a.variant_id = v.id);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER products_queue_alerts AFTER UPDATE ON products
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION queue_alerts_of_products();
