-- Mails that are owed to customers, and those that were sent.

-- +goose Up
CREATE TABLE mails (
    id         text        PRIMARY KEY,
    order_id   text        NOT NULL,
    kind       text        NOT NULL,
    occasion   text        NOT NULL DEFAULT '', -- which of several: the payment that failed
    letter     jsonb       NOT NULL,
    status     text        NOT NULL DEFAULT 'PENDING',
    attempts   int         NOT NULL DEFAULT 0,
    due_at     timestamptz NOT NULL DEFAULT now(), -- of the next attempt; in the future while one is under way
    last_error text        NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at    timestamptz,
    CONSTRAINT mails_tell_each_thing_once UNIQUE (order_id, kind, occasion),
    CONSTRAINT mails_kind_is_known        CHECK (kind IN ('ORDER_CONFIRMED', 'PAYMENT_FAILED', 'ORDER_CANCELLED')),
    CONSTRAINT mails_status_is_known      CHECK (status IN ('PENDING', 'SENT', 'FAILED', 'DROPPED')),
    CONSTRAINT mails_sent_have_a_time     CHECK ((status = 'SENT') = (sent_at IS NOT NULL))
);
CREATE INDEX mails_due ON mails (due_at) WHERE status = 'PENDING';
