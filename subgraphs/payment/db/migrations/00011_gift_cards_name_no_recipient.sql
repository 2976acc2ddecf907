-- +goose Up
-- Nothing ever filled them in: whoever issues a card hands its code over.
ALTER TABLE gift_cards DROP COLUMN email, DROP COLUMN locale;

-- +goose Down
ALTER TABLE gift_cards ADD COLUMN email text NOT NULL DEFAULT '', ADD COLUMN locale text NOT NULL DEFAULT '';
