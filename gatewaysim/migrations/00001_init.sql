-- +goose Up

CREATE TABLE payments (
    id                   text PRIMARY KEY,
    reference            text NOT NULL,  -- the merchant's id of the payment; not unique: a declined one may be tried again
    order_id             text NOT NULL DEFAULT '',
    metadata             jsonb NOT NULL DEFAULT '{}',
    token                text NOT NULL,
    status               text NOT NULL,
    currency             char(3) NOT NULL,
    amount_minor         bigint NOT NULL,
    authorized_minor     bigint NOT NULL DEFAULT 0,
    captured_minor       bigint NOT NULL DEFAULT 0,
    refunded_minor       bigint NOT NULL DEFAULT 0,
    failure_code         text,
    return_url           text NOT NULL DEFAULT '',
    challenge_expires_at timestamptz,
    dispute_id           text,
    disputed_at          timestamptz,
    version              bigint NOT NULL DEFAULT 1, -- grows with every change
    created_at           timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at           timestamptz NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT payments_status_known CHECK (status IN ('requires_action', 'authorized', 'declined',
        'captured', 'partially_refunded', 'refunded', 'voided')),
    CONSTRAINT payments_currency_is_three_letters CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT payments_amount_is_positive CHECK (amount_minor > 0),
    CONSTRAINT payments_authorized_within_amount CHECK (authorized_minor BETWEEN 0 AND amount_minor),
    CONSTRAINT payments_captured_within_authorized CHECK (captured_minor BETWEEN 0 AND authorized_minor),
    CONSTRAINT payments_refunded_within_captured CHECK (refunded_minor BETWEEN 0 AND captured_minor),
    CONSTRAINT payments_void_before_capture CHECK (status <> 'voided' OR captured_minor = 0),
    CONSTRAINT payments_declined_says_why CHECK ((status = 'declined') = (failure_code IS NOT NULL)),
    CONSTRAINT payments_declined_holds_no_money CHECK (status NOT IN ('declined', 'requires_action') OR authorized_minor = 0),
    CONSTRAINT payments_dispute_after_capture CHECK (dispute_id IS NULL OR captured_minor > 0)
);
CREATE INDEX payments_by_reference ON payments (reference, created_at DESC);
CREATE INDEX payments_by_time ON payments (created_at, id);

CREATE TABLE refunds (
    id           text PRIMARY KEY,
    payment_id   text NOT NULL REFERENCES payments,
    amount_minor bigint NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT refunds_amount_is_positive CHECK (amount_minor > 0)
);
CREATE INDEX refunds_by_payment ON refunds (payment_id, created_at);

-- One row for each Idempotency-Key. A row without an answer was begun and is
-- not decided: the same request may try again.
CREATE TABLE requests (
    key         text PRIMARY KEY,
    fingerprint text NOT NULL, -- of method, path and parameters
    tries       int NOT NULL DEFAULT 1,
    status      int,
    body        bytea,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT requests_answer_is_whole CHECK ((status IS NULL) = (body IS NULL))
);

-- What happened, with the exact bytes that are sent.
CREATE TABLE webhook_events (
    seq        bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    id         text PRIMARY KEY,
    type       text NOT NULL,
    payment_id text NOT NULL REFERENCES payments,
    body       bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Each time an event is to be sent; more than one where it is duplicated.
CREATE TABLE webhook_deliveries (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id     text NOT NULL REFERENCES webhook_events,
    due_at       timestamptz NOT NULL,
    tries        int NOT NULL DEFAULT 0,
    delivered_at timestamptz,
    last_error   text NOT NULL DEFAULT ''
);
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (due_at) WHERE delivered_at IS NULL;
CREATE INDEX webhook_deliveries_by_event ON webhook_deliveries (event_id);

-- +goose Down
DROP TABLE webhook_deliveries, webhook_events, requests, refunds, payments;
