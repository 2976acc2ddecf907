-- name: PruneLines :exec
-- SKIP LOCKED: a place that is being renewed is not over.
DELETE FROM line_places WHERE (variant_id, holder) IN (
    SELECT variant_id, holder FROM line_places WHERE ends_at < now() ORDER BY ends_at LIMIT 10000 FOR UPDATE SKIP LOCKED);
