-- name: StoreFlashSaleClaims :execrows
-- A version that is not newer than the stored one changes nothing.
UPDATE flash_sale_items
SET held = @held, sold = @sold, claims_version = @version, known_version = greatest(known_version, @sale_version::bigint)
WHERE sale_id = @sale_id AND variant_id = @variant_id AND claims_version < @version;
