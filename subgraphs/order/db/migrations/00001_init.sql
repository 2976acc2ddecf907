-- +goose Up
CREATE TABLE checkouts (
    id               text        PRIMARY KEY,
    owner_id         text        NOT NULL,
    cart_id          text        NOT NULL,
    cart_version     int         NOT NULL,
    status           text        NOT NULL,
    version          int         NOT NULL DEFAULT 1,
    locale           text        NOT NULL,
    country          char(2)     NOT NULL,
    email            text,
    shipping_address jsonb,
    billing_address  jsonb,
    method_id        text        NOT NULL DEFAULT '',
    weight_grams     int         NOT NULL,
    currency         char(3)     NOT NULL,
    subtotal_minor   bigint      NOT NULL,
    shipping_minor   bigint      NOT NULL,
    tax_minor        bigint      NOT NULL,
    total_minor      bigint      NOT NULL,
    tax_rate         int         NOT NULL, -- basis points
    quote_hash       text        NOT NULL,
    hold_status      text        NOT NULL,
    extensions_left  int         NOT NULL,
    shortages        jsonb       NOT NULL DEFAULT '[]',
    expires_at       timestamptz NOT NULL, -- of hold and quote alike
    due_at           timestamptz,          -- when the sweeper ends it; null: it has nothing to end
    nudge_at         timestamptz,          -- when to publish it again; null: nothing is outstanding
    nudges           int         NOT NULL DEFAULT 0,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT checkouts_known_status CHECK (status IN ('OPEN', 'PLACING', 'COMPLETED', 'EXPIRED', 'CANCELLED')),
    CONSTRAINT checkouts_known_hold CHECK (hold_status IN ('PENDING', 'HELD', 'COMMITTED', 'RELEASED', 'EXPIRED', 'REJECTED')),
    CONSTRAINT checkouts_money_not_negative CHECK (subtotal_minor >= 0 AND shipping_minor >= 0 AND tax_minor >= 0),
    CONSTRAINT checkouts_total_adds_up CHECK (total_minor = subtotal_minor + shipping_minor + tax_minor),
    CONSTRAINT checkouts_completed_means_committed CHECK (status <> 'COMPLETED' OR hold_status = 'COMMITTED')
);
-- At most one open checkout of each cart: opening another ends it first.
CREATE UNIQUE INDEX checkouts_one_open_per_cart ON checkouts (cart_id) WHERE status = 'OPEN';
CREATE INDEX checkouts_under_way ON checkouts (cart_id) WHERE status IN ('OPEN', 'PLACING');
CREATE INDEX checkouts_due ON checkouts (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX checkouts_to_nudge ON checkouts (nudge_at) WHERE nudge_at IS NOT NULL;
CREATE INDEX checkouts_finished ON checkouts (updated_at) WHERE status IN ('EXPIRED', 'CANCELLED');

CREATE TABLE checkout_lines (
    id          text   PRIMARY KEY,
    checkout_id text   NOT NULL REFERENCES checkouts ON DELETE CASCADE,
    position    int    NOT NULL,
    product_id  text   NOT NULL,
    variant_id  text   NOT NULL,
    sku         text   NOT NULL,
    title       text   NOT NULL,
    subtitle    text,
    image_url   text,
    quantity    int    NOT NULL,
    unit_minor  bigint NOT NULL,
    tax_minor   bigint NOT NULL,
    total_minor bigint NOT NULL,
    CONSTRAINT checkout_lines_in_sequence UNIQUE (checkout_id, position),
    CONSTRAINT checkout_lines_quantity_positive CHECK (quantity > 0),
    CONSTRAINT checkout_lines_money_not_negative CHECK (unit_minor >= 0 AND tax_minor >= 0),
    CONSTRAINT checkout_lines_total_adds_up CHECK (total_minor = unit_minor * quantity)
);

CREATE TABLE orders (
    id                text        PRIMARY KEY,
    number            text        NOT NULL,
    checkout_id       text        NOT NULL REFERENCES checkouts,
    cart_id           text        NOT NULL,
    cart_version      int         NOT NULL,
    owner_id          text        NOT NULL,
    locale            text        NOT NULL,
    email             text,
    status            text        NOT NULL,
    stage             text        NOT NULL,
    payment_status    text        NOT NULL,
    version           int         NOT NULL DEFAULT 1,
    currency          char(3)     NOT NULL,
    subtotal_minor    bigint      NOT NULL,
    shipping_minor    bigint      NOT NULL,
    tax_minor         bigint      NOT NULL,
    total_minor       bigint      NOT NULL,
    tax_rate          int         NOT NULL, -- basis points
    line_count        int         NOT NULL,
    shipping_address  jsonb       NOT NULL,
    billing_address   jsonb,
    method_id         text        NOT NULL,
    payment_id        text        NOT NULL DEFAULT '', -- of the attempt that counts
    payment_ids       text[]      NOT NULL DEFAULT '{}',
    payment_token     text        NOT NULL DEFAULT '', -- emptied once the gateway has answered
    return_url        text        NOT NULL DEFAULT '',
    awaits_buyer      boolean     NOT NULL DEFAULT false,
    decline_code      text        NOT NULL DEFAULT '',
    decline_message   text        NOT NULL DEFAULT '',
    decline_retryable boolean     NOT NULL DEFAULT false,
    refund_ids        text[]      NOT NULL DEFAULT '{}',
    refunded_minor    bigint      NOT NULL DEFAULT 0,
    cancel_reason     text,
    cancel_note       text        NOT NULL DEFAULT '',
    cancelled_at      timestamptz,
    placed_at         timestamptz NOT NULL,
    confirmed_at      timestamptz,
    updated_at        timestamptz NOT NULL,
    CONSTRAINT orders_one_per_checkout UNIQUE (checkout_id),
    CONSTRAINT orders_number_unique UNIQUE (number),
    CONSTRAINT orders_known_status CHECK (status IN ('PENDING_PAYMENT', 'CONFIRMED', 'CANCELLED', 'EXPIRED')),
    CONSTRAINT orders_known_stage CHECK (stage IN ('PLACED', 'AUTHORIZED', 'STOCK_COMMITTED', 'CAPTURED')),
    CONSTRAINT orders_known_payment_status CHECK (payment_status IN
        ('UNPAID', 'PENDING', 'AUTHORIZED', 'PAID', 'PARTIALLY_REFUNDED', 'REFUNDED', 'FAILED', 'VOIDED')),
    CONSTRAINT orders_money_not_negative CHECK (subtotal_minor >= 0 AND shipping_minor >= 0 AND tax_minor >= 0),
    CONSTRAINT orders_total_adds_up CHECK (total_minor = subtotal_minor + shipping_minor + tax_minor),
    CONSTRAINT orders_confirmed_means_captured CHECK (status <> 'CONFIRMED' OR
        (stage = 'CAPTURED' AND payment_status IN ('PAID', 'PARTIALLY_REFUNDED', 'REFUNDED'))),
    CONSTRAINT orders_captured_means_confirmed CHECK (stage <> 'CAPTURED' OR confirmed_at IS NOT NULL),
    CONSTRAINT orders_end_has_a_reason CHECK ((status IN ('CANCELLED', 'EXPIRED')) = (cancel_reason IS NOT NULL AND cancelled_at IS NOT NULL)),
    CONSTRAINT orders_refunds_within_total CHECK (refunded_minor BETWEEN 0 AND total_minor)
);
CREATE INDEX orders_of_owner ON orders (owner_id, placed_at DESC, id DESC);

CREATE TABLE order_lines (
    id          text   PRIMARY KEY,
    order_id    text   NOT NULL REFERENCES orders,
    position    int    NOT NULL,
    product_id  text   NOT NULL,
    variant_id  text   NOT NULL,
    sku         text   NOT NULL,
    title       text   NOT NULL,
    subtitle    text,
    image_url   text,
    quantity    int    NOT NULL,
    unit_minor  bigint NOT NULL,
    tax_minor   bigint NOT NULL,
    total_minor bigint NOT NULL,
    CONSTRAINT order_lines_in_sequence UNIQUE (order_id, position),
    CONSTRAINT order_lines_quantity_positive CHECK (quantity > 0),
    CONSTRAINT order_lines_money_not_negative CHECK (unit_minor >= 0 AND tax_minor >= 0),
    CONSTRAINT order_lines_total_adds_up CHECK (total_minor = unit_minor * quantity)
);
CREATE INDEX order_lines_of_product ON order_lines (product_id, order_id);

-- What happened to each order, and the state it was in afterwards.
CREATE TABLE order_history (
    number         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id       text        NOT NULL REFERENCES orders,
    at             timestamptz NOT NULL,
    kind           text        NOT NULL,
    title          text        NOT NULL,
    detail         text,
    actor          text        NOT NULL,
    status         text        NOT NULL,
    stage          text        NOT NULL,
    payment_status text        NOT NULL,
    CONSTRAINT order_history_known_kind CHECK (kind IN ('PLACED', 'PAYMENT', 'STOCK', 'REFUND', 'CANCELLATION')),
    CONSTRAINT order_history_known_actor CHECK (actor IN ('CUSTOMER', 'STAFF', 'SYSTEM'))
);
CREATE INDEX order_history_of_order ON order_history (order_id, number);

-- +goose StatementBegin
CREATE FUNCTION order_history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'order_history is append-only' USING ERRCODE = 'check_violation', CONSTRAINT = 'order_history_append_only';
END $$;
-- +goose StatementEnd
CREATE TRIGGER order_history_append_only BEFORE UPDATE OR DELETE ON order_history
    FOR EACH ROW EXECUTE FUNCTION order_history_is_append_only();
