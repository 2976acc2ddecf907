-- +goose Up

-- A customer's claim, made through the bank, to have a captured amount back. The
-- amount is withdrawn from the merchant when the dispute opens, and returned if the
-- merchant wins.
CREATE TABLE disputes (
    id              text PRIMARY KEY,
    payment_id      text NOT NULL REFERENCES payments,
    amount_minor    bigint NOT NULL,
    reason          text NOT NULL,
    status          text NOT NULL DEFAULT 'open',
    evidence        text NOT NULL DEFAULT '',
    evidence_due_by timestamptz NOT NULL,
    opened_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    closed_at       timestamptz,

    CONSTRAINT disputes_one_per_payment UNIQUE (payment_id),
    CONSTRAINT disputes_status_known CHECK (status IN ('open', 'under_review', 'won', 'lost')),
    CONSTRAINT disputes_amount_is_positive CHECK (amount_minor > 0),
    CONSTRAINT disputes_closed_at_their_end CHECK ((status IN ('won', 'lost')) = (closed_at IS NOT NULL))
);
CREATE INDEX disputes_open ON disputes (evidence_due_by) WHERE status = 'open';

INSERT INTO disputes (id, payment_id, amount_minor, reason, evidence_due_by, opened_at)
SELECT dispute_id, id, captured_minor, 'product_not_received', disputed_at + interval '7 days', disputed_at
  FROM payments WHERE dispute_id IS NOT NULL;
ALTER TABLE payments
    DROP CONSTRAINT payments_dispute_after_capture,
    DROP COLUMN dispute_id,
    DROP COLUMN disputed_at;

-- +goose Down
ALTER TABLE payments
    ADD COLUMN dispute_id text,
    ADD COLUMN disputed_at timestamptz,
    ADD CONSTRAINT payments_dispute_after_capture CHECK (dispute_id IS NULL OR captured_minor > 0);
UPDATE payments p SET dispute_id = d.id, disputed_at = d.opened_at FROM disputes d WHERE d.payment_id = p.id;
DROP TABLE disputes;
