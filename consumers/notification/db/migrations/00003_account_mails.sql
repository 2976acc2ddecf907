-- +goose Up
-- Mails are about orders or accounts.
ALTER TABLE mails RENAME COLUMN order_id TO subject_id; -- the order or the user
ALTER TABLE mails RENAME COLUMN payment_id TO occasion; -- of several about one subject: the failed payment, the day of a warning
ALTER TABLE mails RENAME CONSTRAINT mails_one_per_order_kind_payment TO mails_one_per_subject_kind_occasion;
ALTER TABLE mails DROP CONSTRAINT mails_kind_is_known, ADD CONSTRAINT mails_kind_is_known CHECK (
    kind IN ('ORDER_CONFIRMED', 'PAYMENT_FAILED', 'ORDER_CANCELLED', 'SIGN_INS_FAILED', 'REGISTERED_AGAIN'));
