-- name: Pending :many
SELECT product_id, revision, snapshot, rank FROM indexed_products WHERE indexed < revision AND product_id > @after ORDER BY product_id LIMIT sqlc.arg('limit');

-- name: LevelsOf :many
SELECT variant_id, available, as_of FROM indexed_variants WHERE product_id = ANY (@product_ids::text[]);

-- name: MarkIndexed :exec
-- What changed while a batch was indexed is pending since the batch was read.
UPDATE indexed_products p SET indexed = greatest(p.indexed, done.revision),
    pending_since = CASE WHEN p.revision > done.revision THEN @read_at ELSE p.pending_since END
FROM (SELECT unnest(@product_ids::text[]) AS product_id, unnest(@revisions::bigint[]) AS revision) AS done
WHERE p.product_id = done.product_id;

-- name: MarkEmbedded :exec
-- The other index lacks these revisions still.
UPDATE indexed_products p SET embedded = done.revision
FROM (SELECT unnest(@product_ids::text[]) AS product_id, unnest(@revisions::bigint[]) AS revision) AS done
WHERE p.product_id = done.product_id AND p.embedded < done.revision;

-- name: CountStored :one
SELECT count(*) FROM indexed_products WHERE snapshot IS NOT NULL;

-- name: StoredAfter :many
SELECT product_id, revision, snapshot, rank FROM indexed_products
WHERE snapshot IS NOT NULL AND product_id > @after::text ORDER BY product_id LIMIT sqlc.arg('limit');

-- name: StoreRank :exec
-- A rank may arrive before its product, or after.
INSERT INTO indexed_products AS p (product_id, version, rank, rank_version) VALUES (@product_id, 0, @rank, @version)
ON CONFLICT (product_id) DO UPDATE SET rank = excluded.rank, rank_version = excluded.rank_version, revision = p.revision + 1,
    pending_since = CASE WHEN p.indexed < p.revision THEN p.pending_since ELSE excluded.pending_since END
WHERE p.rank_version < excluded.rank_version;
