-- Stock, what is held of it for checkouts, and why there is as much as there is.

-- +goose Up

-- One row per variant that ever had stock. Hot rows change thousands of times
-- a second: room is left in each page so that a change stays in it, and no
-- quantity is indexed, so that no index has to follow.
CREATE TABLE stock (
    variant_id text        PRIMARY KEY,
    available  bigint      NOT NULL DEFAULT 0,
    reserved   bigint      NOT NULL DEFAULT 0,
    sold       bigint      NOT NULL DEFAULT 0,
    version    bigint      NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT stock_available_is_never_negative CHECK (available >= 0),
    CONSTRAINT stock_reserved_is_never_negative  CHECK (reserved >= 0),
    CONSTRAINT stock_sold_is_never_negative      CHECK (sold >= 0)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- One row per checkout that ever requested a hold; its status changes, it is not deleted.
CREATE TABLE holds (
    checkout_id     text        PRIMARY KEY,
    status          text        NOT NULL,
    expires_at      timestamptz,
    extensions_left int         NOT NULL DEFAULT 0,
    shortages       jsonb       NOT NULL DEFAULT '[]',
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT holds_status_is_known
        CHECK (status IN ('HELD', 'REJECTED', 'COMMITTED', 'RELEASED', 'EXPIRED', 'RETURNED')),
    CONSTRAINT holds_that_live_have_an_end      CHECK (status <> 'HELD' OR expires_at IS NOT NULL),
    CONSTRAINT holds_extensions_do_not_go_below CHECK (extensions_left >= 0),
    CONSTRAINT holds_rejected_say_what_is_short CHECK (status <> 'REJECTED' OR shortages <> '[]')
) WITH (fillfactor = 80);
CREATE INDEX holds_due ON holds (expires_at) WHERE status = 'HELD';

-- What a hold holds. Written with the hold, in the transaction that changes
-- the stock row too, and by nothing else: foreign keys would only cost.
CREATE TABLE reservations (
    checkout_id text   NOT NULL,
    variant_id  text   NOT NULL,
    quantity    bigint NOT NULL,
    PRIMARY KEY (checkout_id, variant_id),
    CONSTRAINT reservations_are_of_something CHECK (quantity > 0)
);

-- Every change of what is on hand (available + reserved). It is only appended
-- to; for each variant its sum is what is on hand.
CREATE TABLE stock_ledger (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    variant_id text        NOT NULL,
    delta      bigint      NOT NULL,
    reason     text        NOT NULL,
    actor      text        NOT NULL,
    key        text        NOT NULL, -- the checkout, or the command's idempotency key
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT stock_ledger_entry_changes_something CHECK (delta <> 0),
    CONSTRAINT stock_ledger_reason_is_known
        CHECK (reason IN ('SALE', 'SALE_UNDONE', 'RECEIVED', 'RECOUNT', 'DAMAGED', 'RETURNED', 'CORRECTION')),
    CONSTRAINT stock_ledger_counts_each_reason_once UNIQUE (variant_id, reason, key, actor)
);

-- +goose StatementBegin
CREATE FUNCTION stock_ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'stock_ledger is append-only: write an entry that corrects the other';
END $$;
-- +goose StatementEnd
CREATE TRIGGER stock_ledger_keeps_what_was_written
    BEFORE UPDATE OR DELETE OR TRUNCATE ON stock_ledger
    FOR EACH STATEMENT EXECUTE FUNCTION stock_ledger_is_append_only();
