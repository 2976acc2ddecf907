-- +goose Up
-- A guest's stock is held once the checkout has contact data.
ALTER TABLE checkouts DROP CONSTRAINT checkouts_known_hold;
ALTER TABLE checkouts ADD CONSTRAINT checkouts_known_hold CHECK (hold_status IN
    ('AWAITING_CONTACT', 'PENDING', 'HELD', 'COMMITTED', 'RELEASED', 'EXPIRED', 'REJECTED'));
ALTER TABLE checkouts ADD CONSTRAINT checkouts_ordered_have_requested_stock
    CHECK (hold_status <> 'AWAITING_CONTACT' OR status NOT IN ('PLACING', 'COMPLETED'));
