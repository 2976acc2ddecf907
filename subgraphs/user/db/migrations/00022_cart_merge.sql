-- +goose Up
-- What becomes of the guest's cart, as the user chose at sign-in. Null: it is merged.
ALTER TABLE sessions
    ADD COLUMN cart_merge text,
    ADD CONSTRAINT sessions_cart_merge_is_known CHECK (cart_merge IN ('KEEP_GUEST', 'KEEP_ACCOUNT'));
