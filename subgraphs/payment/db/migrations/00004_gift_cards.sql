-- +goose Up

-- A gift card is money that customers have with the shop: its balance is what the
-- movements of the card add up to, and together the balances are the ledger's
-- gift_card_liability.
CREATE TABLE gift_cards (
    id              text PRIMARY KEY,
    currency        char(3) NOT NULL,
    issued_minor    bigint NOT NULL,
    balance_minor   bigint NOT NULL,
    last_characters text NOT NULL, -- of the code that was shown when the card was issued
    email           text NOT NULL DEFAULT '', -- of the recipient; empty: no mail
    locale          text NOT NULL DEFAULT '', -- of the mail
    note            text NOT NULL DEFAULT '', -- for staff
    expires_at      timestamptz,
    disabled_at     timestamptz,
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT gift_cards_issued_is_positive CHECK (issued_minor > 0),
    CONSTRAINT gift_cards_balance_is_never_negative CHECK (balance_minor >= 0),
    CONSTRAINT gift_cards_balance_within_issued CHECK (balance_minor <= issued_minor)
);
CREATE INDEX gift_cards_by_age ON gift_cards (created_at DESC, id DESC);

-- The codes of a card, as hashes. Each delivery of its mail has a code of its own.
CREATE TABLE gift_card_codes (
    code_hash       bytea PRIMARY KEY,
    card_id         text NOT NULL REFERENCES gift_cards,
    last_characters text NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX gift_card_codes_by_card ON gift_card_codes (card_id);
CREATE INDEX gift_card_codes_by_last_characters ON gift_card_codes (last_characters);

-- What changed a card's balance. Positive amounts add to it.
CREATE TABLE gift_card_movements (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    card_id      text NOT NULL REFERENCES gift_cards,
    kind         text NOT NULL,
    amount_minor bigint NOT NULL,
    payment_id   text REFERENCES payments,
    refund_id    text REFERENCES refunds,
    at           timestamptz NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT gift_card_movements_kind_known CHECK (kind IN (
        'ISSUED',
        'SPENT',     -- by a payment, when it is created
        'RETURNED',  -- the payment was declined or voided, or failed
        'REFUNDED')),
    CONSTRAINT gift_card_movements_signed CHECK ((kind = 'SPENT') = (amount_minor < 0) AND amount_minor <> 0),
    CONSTRAINT gift_card_movements_named CHECK ((kind = 'ISSUED') = (payment_id IS NULL) AND (kind = 'REFUNDED') = (refund_id IS NOT NULL)),
    CONSTRAINT gift_card_movements_once UNIQUE NULLS NOT DISTINCT (card_id, kind, payment_id, refund_id)
);
CREATE INDEX gift_card_movements_by_card ON gift_card_movements (card_id, id);
CREATE INDEX gift_card_movements_by_payment ON gift_card_movements (payment_id);
CREATE TRIGGER gift_card_movements_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gift_card_movements
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- Checked when the transaction commits. Movements of one card wait for its row, so
-- that none is overlooked.
-- +goose StatementBegin
CREATE FUNCTION gift_card_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    card text := CASE TG_TABLE_NAME WHEN 'gift_cards' THEN to_jsonb(NEW) ->> 'id' ELSE to_jsonb(NEW) ->> 'card_id' END;
BEGIN
    IF (SELECT balance_minor FROM gift_cards WHERE id = card)
       <> (SELECT coalesce(sum(amount_minor), 0) FROM gift_card_movements WHERE card_id = card) THEN
        RAISE EXCEPTION 'the balance of gift card % is not that of its movements', card
            USING ERRCODE = 'check_violation', CONSTRAINT = 'gift_cards_balance_is_that_of_movements';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER gift_cards_balance AFTER INSERT OR UPDATE OF balance_minor ON gift_cards
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION gift_card_balances();
CREATE CONSTRAINT TRIGGER gift_card_movements_balance AFTER INSERT ON gift_card_movements
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION gift_card_balances();

-- A journal is of a payment, or of the issue of a card.
ALTER TABLE journals ALTER COLUMN payment_id DROP NOT NULL;
ALTER TABLE journals ADD COLUMN gift_card_id text REFERENCES gift_cards;
ALTER TABLE journals DROP CONSTRAINT journals_kind_known;
ALTER TABLE journals ADD CONSTRAINT journals_kind_known CHECK (kind IN (
    'AUTHORIZED', 'VOIDED', 'CAPTURED', 'REFUNDED', 'GIFT_CARD_ISSUED', 'GIFT_CARD_RESERVED', 'GIFT_CARD_RETURNED'));
ALTER TABLE journals ADD CONSTRAINT journals_subject_named CHECK (
    (kind = 'GIFT_CARD_ISSUED') = (gift_card_id IS NOT NULL) AND (gift_card_id IS NULL) = (payment_id IS NOT NULL));
ALTER TABLE journals DROP CONSTRAINT journals_once;
ALTER TABLE journals ADD CONSTRAINT journals_once UNIQUE NULLS NOT DISTINCT (payment_id, kind, refund_id, gift_card_id);

ALTER TABLE postings DROP CONSTRAINT postings_account_known;
ALTER TABLE postings ADD CONSTRAINT postings_account_known CHECK (account IN (
    'customer_receivable',
    'unearned',
    'gateway_clearing',
    'sales',
    'refunds',
    'gift_cards_issued',    -- what was given for the cards, or what they cost the shop
    'gift_card_liability',  -- the balances of all cards
    'gift_card_reserved')); -- taken from a balance for a payment that is not captured

-- +goose Down
ALTER TABLE postings DROP CONSTRAINT postings_account_known;
ALTER TABLE postings ADD CONSTRAINT postings_account_known CHECK (account IN (
    'customer_receivable', 'unearned', 'gateway_clearing', 'sales', 'refunds'));
ALTER TABLE journals DROP CONSTRAINT journals_once;
ALTER TABLE journals ADD CONSTRAINT journals_once UNIQUE NULLS NOT DISTINCT (payment_id, kind, refund_id);
ALTER TABLE journals DROP CONSTRAINT journals_subject_named;
ALTER TABLE journals DROP CONSTRAINT journals_kind_known;
ALTER TABLE journals ADD CONSTRAINT journals_kind_known CHECK (kind IN ('AUTHORIZED', 'VOIDED', 'CAPTURED', 'REFUNDED'));
ALTER TABLE journals DROP COLUMN gift_card_id;
ALTER TABLE journals ALTER COLUMN payment_id SET NOT NULL;
DROP TABLE gift_card_movements, gift_card_codes, gift_cards;
DROP FUNCTION gift_card_balances;
