-- +goose Up
-- The gift cards that a customer has applied: [{"cardId", "lastCharacters", "balanceMinor"}],
-- with the balance as it was then. An order has what each of them pays of its total:
-- [{"cardId", "lastCharacters", "amountMinor"}].
ALTER TABLE checkouts ADD COLUMN gift_cards jsonb NOT NULL DEFAULT '[]';
ALTER TABLE orders ADD COLUMN gift_cards jsonb NOT NULL DEFAULT '[]';

-- +goose Down
ALTER TABLE orders DROP COLUMN gift_cards;
ALTER TABLE checkouts DROP COLUMN gift_cards;
