-- +goose Up
-- Title and detail of an entry are keys of the message catalogue. Entries of
-- before this version, and of replicas that still run it, are sentences.
ALTER TABLE order_history ADD COLUMN keyed boolean NOT NULL DEFAULT false;
ALTER TABLE order_history ADD COLUMN amount_minor bigint;
ALTER TABLE order_history ADD COLUMN amount_currency char(3);
ALTER TABLE order_history ADD CONSTRAINT order_history_amount_has_a_currency
    CHECK ((amount_minor IS NULL) = (amount_currency IS NULL));
COMMENT ON COLUMN orders.decline_message IS 'not used: the sentence follows from decline_code; replicas of before this version write it';
