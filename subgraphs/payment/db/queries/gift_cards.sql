-- name: InsertGiftCard :exec
-- A card with its code, its balance and the movement that the balance is of.
WITH card AS (
    INSERT INTO gift_cards (id, currency, issued_minor, balance_minor, last_characters, email, locale, note, expires_at)
    VALUES (@id, @currency, @issued_minor::bigint, @issued_minor::bigint, @last_characters::text, @email, @locale, @note, sqlc.narg(expires_at))
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
