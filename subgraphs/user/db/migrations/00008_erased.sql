-- +goose Up
-- An account that was deleted keeps its row, without personal data: orders and reviews
-- refer to it.
ALTER TABLE users
    ADD COLUMN erased_at timestamptz,
    ADD CONSTRAINT users_erased_have_no_data CHECK (
        erased_at IS NULL OR (phone IS NULL AND email LIKE '%@erased.invalid' AND roles = ARRAY ['CUSTOMER']));
