-- name: InsertGiftCard :exec
-- A card with its code, its balance and the movement that the balance is of.
WITH card AS (
    INSERT INTO gift_cards (id, currency, issued_minor, balance_minor, last_characters, note, expires_at)
    VALUES (@id, @currency, @issued_minor::bigint, @issued_minor::bigint, @last_characters::text, @note, sqlc.narg(expires_at))
    RETURNING id
), code AS (
    INSERT INTO gift_card_codes (code_hash, card_id, last_characters) SELECT @code_hash, id, @last_characters FROM card
)
INSERT INTO gift_card_movements (card_id, kind, amount_minor) SELECT id, 'ISSUED', @issued_minor FROM card;

-- name: DisableGiftCard :execrows
UPDATE gift_cards SET disabled_at = clock_timestamp() WHERE id = @id AND disabled_at IS NULL;

-- name: GiftCardsByID :many
SELECT sqlc.embed(g), now()::timestamptz AS read_at FROM gift_cards g WHERE id = ANY(@ids::text[]);

-- name: GiftCardByCode :one
SELECT sqlc.embed(g), c.last_characters AS typed_last_characters, now()::timestamptz AS read_at
  FROM gift_card_codes c JOIN gift_cards g ON g.id = c.card_id
 WHERE c.code_hash = @code_hash;

-- name: ListGiftCards :many
-- A page of all cards, newest first.
SELECT sqlc.embed(g), now()::timestamptz AS read_at FROM gift_cards g
 WHERE (@last_characters::text = '' OR EXISTS (SELECT FROM gift_card_codes c WHERE c.card_id = g.id AND c.last_characters = @last_characters))
   AND (g.created_at, g.id) < (@after_created_at::timestamptz, @after_id::text)
 ORDER BY g.created_at DESC, g.id DESC
 LIMIT @max_rows;

-- name: GiftCardMovements :many
-- The latest movements of each card, newest first.
SELECT m.* FROM unnest(@card_ids::text[]) AS card(id)
 CROSS JOIN LATERAL (SELECT * FROM gift_card_movements g WHERE g.card_id = card.id ORDER BY g.id DESC LIMIT @max_rows) m
 ORDER BY m.card_id, m.id DESC;

-- name: LockGiftCards :many
-- Locks cards in the order of their ids, so that two payments never wait for each
-- other. clock_timestamp: the transaction may have waited for the lock.
SELECT sqlc.embed(g), clock_timestamp()::timestamptz AS read_at FROM gift_cards g WHERE id = ANY(@ids::text[]) ORDER BY id FOR UPDATE;

-- name: SpendGiftCard :exec
-- Takes a payment's part from a locked card. The conditions were checked under the
-- lock; a card that does not meet them fails the transaction.
WITH spent AS (
    UPDATE gift_cards SET balance_minor = balance_minor - @amount_minor::bigint
     WHERE gift_cards.id = @card_id AND currency = @currency AND balance_minor >= @amount_minor AND disabled_at IS NULL
    RETURNING gift_cards.id
), part AS (
    INSERT INTO payment_gift_cards (payment_id, card_id, position, last_characters, amount_minor)
    SELECT @payment_id::text, id, @position, @last_characters, @amount_minor FROM spent
), movement AS (
    INSERT INTO gift_card_movements (card_id, kind, amount_minor, payment_id) SELECT id, 'SPENT', -sqlc.arg(amount_minor)::bigint, @payment_id FROM spent
)
SELECT expect_rows(1, count(*)) FROM spent;

-- name: GiftCardsOfPayments :many
SELECT c.*, p.currency FROM payment_gift_cards c JOIN payments p ON p.id = c.payment_id
 WHERE c.payment_id = ANY(@payment_ids::text[]) ORDER BY c.payment_id, c.position;

-- name: ReturnToGiftCard :exec
-- Returns a payment's part to its card, also to one that has expired or is disabled.
WITH filled AS (
    UPDATE gift_cards SET balance_minor = balance_minor + @amount_minor::bigint WHERE gift_cards.id = @card_id RETURNING gift_cards.id
), movement AS (
    INSERT INTO gift_card_movements (card_id, kind, amount_minor, payment_id)
    SELECT id, 'RETURNED', @amount_minor, @payment_id::text FROM filled
)
SELECT expect_rows(1, count(*)) FROM filled;

-- name: RefundToGiftCard :exec
-- Refunds a part to a card. One that expires soon, or has expired, can be spent for
-- some time more: the customer could not use what is refunded otherwise.
WITH filled AS (
    UPDATE gift_cards SET balance_minor = balance_minor + @amount_minor::bigint, 
           expires_at = CASE WHEN expires_at IS NOT NULL THEN greatest(expires_at, now() + @extension::interval) END
     WHERE gift_cards.id = @card_id RETURNING gift_cards.id
), part AS (
    UPDATE payment_gift_cards SET refunded_minor = refunded_minor + @amount_minor
     WHERE payment_id = @payment_id::text AND card_id = @card_id
    RETURNING card_id
), movement AS (
    INSERT INTO gift_card_movements (card_id, kind, amount_minor, payment_id, refund_id)
    SELECT id, 'REFUNDED', @amount_minor, @payment_id, @refund_id::text FROM filled
)
SELECT expect_rows(1, (SELECT count(*) FROM filled)), expect_rows(1, (SELECT count(*) FROM part));
