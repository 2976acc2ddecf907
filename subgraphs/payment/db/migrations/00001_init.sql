-- +goose Up

-- What is due for each order, from the order subgraph's events; amounts are taken from
-- here, never from a client.
CREATE TABLE payable_orders (
    order_id     text PRIMARY KEY,
    checkout_id  text NOT NULL,
    owner_id     text NOT NULL,
    number       text NOT NULL,
    amount_minor bigint NOT NULL,
    currency     char(3) NOT NULL,
    status       text NOT NULL DEFAULT 'OPEN', -- CLOSED: nothing more is to be paid, what was paid goes back
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT payable_orders_status_known CHECK (status IN ('OPEN', 'PAID', 'CLOSED')),
    CONSTRAINT payable_orders_amount_not_negative CHECK (amount_minor >= 0)
);

CREATE TABLE payments (
    id           text PRIMARY KEY,
    order_id     text NOT NULL REFERENCES payable_orders,
    status       text NOT NULL,
    amount_minor bigint NOT NULL,
    currency     char(3) NOT NULL,

    authorized_minor     bigint NOT NULL DEFAULT 0, -- stays when captured or voided
    captured_minor       bigint NOT NULL DEFAULT 0,
    voided_minor         bigint NOT NULL DEFAULT 0,
    refunded_minor       bigint NOT NULL DEFAULT 0,
    refund_pending_minor bigint NOT NULL DEFAULT 0,
    disputed_minor       bigint NOT NULL DEFAULT 0,

    -- The next request to the gateway, and when it is due. A worker that sends it
    -- holds the lease; due_at is when the next may.
    want         text NOT NULL DEFAULT 'NONE',
    due_at       timestamptz NOT NULL DEFAULT now(),
    leased_until timestamptz,
    tries        int NOT NULL DEFAULT 0, -- of the present want
    last_error   text NOT NULL DEFAULT '',

    token             text NOT NULL, -- the gateway's, stands for a card
    return_url        text NOT NULL DEFAULT '',
    gateway_id        text NOT NULL DEFAULT '', -- the gateway's id of this payment
    card_brand        text NOT NULL DEFAULT '',
    card_last4        text NOT NULL DEFAULT '',
    card_expiry       text NOT NULL DEFAULT '', -- "08/2033"
    action_url        text NOT NULL DEFAULT '',
    action_expires_at timestamptz,
    failure_code      text NOT NULL DEFAULT '',
    failure_message   text NOT NULL DEFAULT '',
    failure_retryable boolean NOT NULL DEFAULT false,
    created_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at        timestamptz NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT payments_status_known CHECK (status IN ('CREATED', 'PROCESSING', 'REQUIRES_ACTION', 'AUTHORIZED',
        'DECLINED', 'VOIDED', 'FAILED', 'CAPTURED', 'PARTIALLY_REFUNDED', 'REFUNDED', 'DISPUTED')),
    CONSTRAINT payments_want_known CHECK (want IN ('NONE', 'AUTHORIZE', 'CONFIRM', 'CAPTURE', 'VOID')),
    CONSTRAINT payments_amount_is_positive CHECK (amount_minor > 0),
    CONSTRAINT payments_authorized_within_amount CHECK (authorized_minor BETWEEN 0 AND amount_minor),
    CONSTRAINT payments_captured_within_authorized CHECK (captured_minor >= 0 AND voided_minor >= 0
        AND captured_minor + voided_minor <= authorized_minor),
    CONSTRAINT payments_refunds_within_captured CHECK (refunded_minor >= 0 AND refund_pending_minor >= 0
        AND refunded_minor + refund_pending_minor <= captured_minor),
    CONSTRAINT payments_declined_says_why CHECK (status NOT IN ('DECLINED', 'FAILED') OR failure_code <> ''),
    CONSTRAINT payments_final_want_nothing CHECK (want = 'NONE'
        OR status NOT IN ('DECLINED', 'VOIDED', 'FAILED', 'PARTIALLY_REFUNDED', 'REFUNDED', 'DISPUTED'))
);
-- At most one payment of an order holds money or may come to hold some.
CREATE UNIQUE INDEX payments_one_live ON payments (order_id) WHERE status NOT IN ('DECLINED', 'VOIDED', 'FAILED', 'REFUNDED');
CREATE INDEX payments_by_order ON payments (order_id, id);
CREATE INDEX payments_by_age ON payments (created_at DESC, id DESC);
CREATE INDEX payments_wanted ON payments (due_at) WHERE want <> 'NONE';
CREATE INDEX payments_awaiting_customer ON payments (action_expires_at) WHERE status = 'REQUIRES_ACTION';
CREATE INDEX payments_authorized ON payments (updated_at) WHERE status = 'AUTHORIZED';

CREATE TABLE refunds (
    id           text PRIMARY KEY,
    payment_id   text NOT NULL REFERENCES payments,
    number       int NOT NULL, -- of this payment's refunds, from 1: makes the gateway's key
    amount_minor bigint NOT NULL,
    status       text NOT NULL DEFAULT 'REQUESTED',
    reason       text NOT NULL,
    note         text NOT NULL DEFAULT '',
    gateway_id   text NOT NULL DEFAULT '',
    failure      text NOT NULL DEFAULT '',
    due_at       timestamptz NOT NULL DEFAULT now(),
    leased_until timestamptz,
    tries        int NOT NULL DEFAULT 0,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    settled_at   timestamptz,

    CONSTRAINT refunds_status_known CHECK (status IN ('REQUESTED', 'PENDING', 'SUCCEEDED', 'FAILED')),
    CONSTRAINT refunds_amount_is_positive CHECK (amount_minor > 0),
    CONSTRAINT refunds_numbered UNIQUE (payment_id, number)
);
CREATE INDEX refunds_wanted ON refunds (due_at) WHERE status IN ('REQUESTED', 'PENDING');

-- What came of each request to the gateway. Append-only; the key of the
-- request is payment_id:operation:number.
CREATE TABLE attempts (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_id   text NOT NULL REFERENCES payments,
    operation    text NOT NULL,
    number       int NOT NULL,
    outcome      text NOT NULL,
    amount_minor bigint NOT NULL,
    currency     char(3) NOT NULL,
    gateway_id   text NOT NULL DEFAULT '',
    source       text NOT NULL,
    message      text NOT NULL DEFAULT '',
    at           timestamptz NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT attempts_decided_once UNIQUE (payment_id, operation, number),
    CONSTRAINT attempts_operation_known CHECK (operation IN ('AUTHORIZE', 'CONFIRM', 'CAPTURE', 'VOID', 'REFUND', 'DISPUTE')),
    CONSTRAINT attempts_outcome_known CHECK (outcome IN ('PENDING', 'SUCCEEDED', 'FAILED')),
    CONSTRAINT attempts_source_known CHECK (source IN ('API', 'WEBHOOK', 'RECONCILIATION'))
);

-- The ledger, by double entry. Every journal's postings add up to nothing.
CREATE TABLE journals (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_id text NOT NULL REFERENCES payments,
    kind       text NOT NULL,
    refund_id  text REFERENCES refunds,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT journals_kind_known CHECK (kind IN ('AUTHORIZED', 'VOIDED', 'CAPTURED', 'REFUNDED')),
    CONSTRAINT journals_refund_named CHECK ((kind = 'REFUNDED') = (refund_id IS NOT NULL)),
    CONSTRAINT journals_once UNIQUE NULLS NOT DISTINCT (payment_id, kind, refund_id)
);

-- A debit is positive, a credit negative.
CREATE TABLE postings (
    journal_id   bigint NOT NULL REFERENCES journals,
    account      text NOT NULL,
    amount_minor bigint NOT NULL,
    currency     char(3) NOT NULL,

    CONSTRAINT postings_one_per_account PRIMARY KEY (journal_id, account),
    CONSTRAINT postings_account_known CHECK (account IN (
        'customer_receivable', -- authorised: the bank promised it, we do not have it
        'unearned',            -- the other side of what is promised
        'gateway_clearing',    -- captured: the gateway has it for us
        'sales',               -- what was captured
        'refunds')),           -- what of it went back
    CONSTRAINT postings_amount_not_zero CHECK (amount_minor <> 0)
);

-- +goose StatementBegin
CREATE FUNCTION journal_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    total bigint;
    n     int;
    money int;
BEGIN
    SELECT coalesce(sum(amount_minor), 0), count(*), count(DISTINCT currency) INTO total, n, money
      FROM postings WHERE journal_id = NEW.id;
    IF total <> 0 OR n < 2 OR money <> 1 THEN
        RAISE EXCEPTION 'journal % adds up to % in % postings of % currencies', NEW.id, total, n, money
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journals_balance';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION posting_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT sum(amount_minor) FROM postings WHERE journal_id = NEW.journal_id) <> 0 THEN
        RAISE EXCEPTION 'journal % does not add up to nothing', NEW.journal_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journals_balance';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_append_only';
END $$;
-- +goose StatementEnd

CREATE CONSTRAINT TRIGGER journals_balance AFTER INSERT ON journals
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION journal_balances();
CREATE CONSTRAINT TRIGGER postings_balance AFTER INSERT ON postings
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION posting_balances();

CREATE TRIGGER attempts_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON attempts
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER journals_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journals
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER postings_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON postings
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- What the gateway sent. A hint that a payment changed: the worker reads the
-- gateway what is true.
CREATE TABLE webhook_events (
    provider     text NOT NULL,
    event_id     text NOT NULL,
    type         text NOT NULL,
    payment_id   text NOT NULL, -- the gateway may know payments that are none of ours
    received_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    handled_at   timestamptz,
    due_at       timestamptz NOT NULL DEFAULT now(),
    leased_until timestamptz,
    tries        int NOT NULL DEFAULT 0,

    CONSTRAINT webhook_events_once PRIMARY KEY (provider, event_id)
);
CREATE INDEX webhook_events_waiting ON webhook_events (due_at) WHERE handled_at IS NULL;

-- +goose Down
DROP TABLE webhook_events, postings, journals, attempts, refunds, payments, payable_orders;
DROP FUNCTION journal_balances, posting_balances, append_only;
