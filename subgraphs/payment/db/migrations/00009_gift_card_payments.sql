-- +goose Up

-- The gift cards that pay a part of the order, as the order subgraph described them:
-- [{"cardId", "lastCharacters", "amountMinor"}].
ALTER TABLE payable_orders ADD COLUMN gift_cards jsonb NOT NULL DEFAULT '[]';

-- The part of the amount that gift cards pay; the gateway gets the rest. The other
-- amounts of a payment, and of a refund, include it.
ALTER TABLE payments ADD COLUMN gift_minor bigint NOT NULL DEFAULT 0;
ALTER TABLE payments ADD COLUMN gift_refunded_minor bigint NOT NULL DEFAULT 0;
ALTER TABLE payments ADD CONSTRAINT payments_gift_within_amount CHECK (gift_minor BETWEEN 0 AND amount_minor);
ALTER TABLE payments ADD CONSTRAINT payments_gift_refunds_within_gift CHECK (
    gift_refunded_minor BETWEEN 0 AND gift_minor AND gift_refunded_minor <= refunded_minor);
ALTER TABLE refunds ADD COLUMN gift_minor bigint NOT NULL DEFAULT 0;
ALTER TABLE refunds ADD CONSTRAINT refunds_gift_within_amount CHECK (gift_minor BETWEEN 0 AND amount_minor);

-- What each card pays. A payment that was declined, was voided or failed has returned it.
CREATE TABLE payment_gift_cards (
    payment_id      text NOT NULL REFERENCES payments,
    card_id         text NOT NULL REFERENCES gift_cards,
    position        int NOT NULL,
    last_characters text NOT NULL, -- of the code that the customer typed
    amount_minor    bigint NOT NULL,
    refunded_minor  bigint NOT NULL DEFAULT 0,

    CONSTRAINT payment_gift_cards_once PRIMARY KEY (payment_id, card_id),
    CONSTRAINT payment_gift_cards_amount_is_positive CHECK (amount_minor > 0),
    CONSTRAINT payment_gift_cards_refunds_within_amount CHECK (refunded_minor BETWEEN 0 AND amount_minor)
);

-- +goose Down
DROP TABLE payment_gift_cards;
ALTER TABLE refunds DROP COLUMN gift_minor;
ALTER TABLE payments DROP COLUMN gift_refunded_minor, DROP COLUMN gift_minor;
ALTER TABLE payable_orders DROP COLUMN gift_cards;
