-- A customer's claim, made through the bank, to have a captured amount back.

-- +goose Up
CREATE TABLE disputes (
    id              text PRIMARY KEY,
    payment_id      text NOT NULL REFERENCES payments,
    number          int NOT NULL, -- of this payment's disputes, from 1
    gateway_id      text NOT NULL, -- the gateway's id of the dispute
    status          text NOT NULL,
    amount_minor    bigint NOT NULL,
    reason          text NOT NULL, -- the gateway's word
    evidence_due_by timestamptz,
    evidence        text NOT NULL DEFAULT '', -- what was submitted, or is to be

    -- The next request to the gateway, as in payments. submissions counts the requests
    -- that staff made: it is a part of the gateway's key.
    pending_operation text NOT NULL DEFAULT 'NONE',
    submissions       int NOT NULL DEFAULT 0,
    due_at            timestamptz NOT NULL DEFAULT now(),
    leased_until      timestamptz,
    tries             int NOT NULL DEFAULT 0,

    opened_at  timestamptz NOT NULL, -- by the gateway's clock
    closed_at  timestamptz,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT disputes_of_gateway_once UNIQUE (payment_id, gateway_id),
    CONSTRAINT disputes_numbered UNIQUE (payment_id, number),
    CONSTRAINT disputes_status_known CHECK (status IN ('OPEN', 'UNDER_REVIEW', 'WON', 'LOST', 'ACCEPTED')),
    CONSTRAINT disputes_pending_operation_known CHECK (pending_operation IN ('NONE', 'EVIDENCE', 'ACCEPT')),
    CONSTRAINT disputes_only_open_ones_have_a_pending_operation CHECK (pending_operation = 'NONE' OR status = 'OPEN'),
    CONSTRAINT disputes_amount_is_positive CHECK (amount_minor > 0),
    CONSTRAINT disputes_closed_at_their_end CHECK ((status IN ('WON', 'LOST', 'ACCEPTED')) = (closed_at IS NOT NULL))
);
CREATE INDEX disputes_by_age ON disputes (opened_at DESC, id DESC);
CREATE INDEX disputes_pending ON disputes (due_at) WHERE pending_operation <> 'NONE';

ALTER TABLE payments
    DROP CONSTRAINT payments_status_known,
    ADD CONSTRAINT payments_status_known CHECK (status IN ('CREATED', 'PROCESSING', 'REQUIRES_ACTION', 'AUTHORIZED',
        'DECLINED', 'VOIDED', 'FAILED', 'CAPTURED', 'PARTIALLY_REFUNDED', 'REFUNDED', 'DISPUTED', 'CHARGED_BACK')),
    DROP CONSTRAINT payments_final_has_no_pending_operation,
    ADD CONSTRAINT payments_final_has_no_pending_operation CHECK (pending_operation = 'NONE'
        OR status NOT IN ('DECLINED', 'VOIDED', 'FAILED', 'PARTIALLY_REFUNDED', 'REFUNDED', 'DISPUTED', 'CHARGED_BACK'));

ALTER TABLE attempts
    DROP CONSTRAINT attempts_operation_known,
    ADD CONSTRAINT attempts_operation_known CHECK (operation IN
        ('AUTHORIZE', 'CONFIRM', 'CAPTURE', 'VOID', 'REFUND', 'DISPUTE', 'DISPUTE_WON', 'DISPUTE_LOST'));

-- A payment may have several journals of a kind: number is that of the dispute.
ALTER TABLE journals
    ADD COLUMN number int NOT NULL DEFAULT 1,
    DROP CONSTRAINT journals_kind_known,
    ADD CONSTRAINT journals_kind_known CHECK (kind IN
        ('AUTHORIZED', 'VOIDED', 'CAPTURED', 'REFUNDED', 'DISPUTED', 'DISPUTE_WON', 'DISPUTE_LOST',
         'GIFT_CARD_ISSUED', 'GIFT_CARD_RESERVED', 'GIFT_CARD_RETURNED')),
    DROP CONSTRAINT journals_once,
    ADD CONSTRAINT journals_once UNIQUE NULLS NOT DISTINCT (payment_id, kind, refund_id, gift_card_id, number);

ALTER TABLE postings
    DROP CONSTRAINT postings_account_known,
    ADD CONSTRAINT postings_account_known CHECK (account IN (
        'customer_receivable', -- authorised: the bank promised it, we do not have it
        'unearned',            -- the other side of what is promised
        'gateway_clearing',    -- captured: the gateway has it for us
        'sales',               -- what was captured
        'refunds',             -- what of it went back
        'gift_cards_issued',   -- what was given for the cards, or what they cost the shop
        'gift_card_liability', -- the balances of all cards
        'gift_card_reserved',  -- taken from a balance for a payment that is not captured
        'disputed_funds',      -- withdrawn by the gateway while the bank decides
        'chargebacks'));       -- what the bank gave back to customers

-- Disputes were known by their payment's status alone. They are read from the gateway
-- again, which gives them a row and a journal.
UPDATE payments SET disputed_minor = 0, status = CASE refunded_minor WHEN 0 THEN 'CAPTURED' WHEN captured_minor THEN 'REFUNDED' ELSE 'PARTIALLY_REFUNDED' END
 WHERE status = 'DISPUTED';
UPDATE webhook_events SET handled_at = NULL, due_at = now() WHERE type = 'dispute.opened';
