-- +goose Up
ALTER TABLE mails RENAME COLUMN letter TO content;
ALTER TABLE mails RENAME COLUMN occasion TO payment_id; -- of the failed payment, otherwise empty
ALTER TABLE mails RENAME CONSTRAINT mails_tell_each_thing_once TO mails_one_per_order_kind_payment;
