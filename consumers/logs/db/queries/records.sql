-- name: InsertRecords :exec
-- Stores records, and counts those that were not stored before.
WITH given AS (
    SELECT unnest(@ids::text[]) AS id, unnest(@times::timestamptz[]) AS at, unnest(@levels::smallint[]) AS level,
           unnest(@messages::text[]) AS message, unnest(@attributes::jsonb[]) AS attributes,
           unnest(@trace_ids::text[]) AS trace_id, unnest(@fingerprints::text[]) AS fingerprint
), stored AS (
    INSERT INTO records (at, id, service, instance, level, message, attributes, trace_id)
    SELECT at, id, @service::text, @instance::text, level, message, attributes, trace_id FROM given
    ON CONFLICT DO NOTHING
    RETURNING id, at, level
), counted AS (
    INSERT INTO counts AS c (minute, service, level, written)
    SELECT date_trunc('minute', at), @service, level, count(*) FROM stored GROUP BY 1, 3 ORDER BY 1, 3
    ON CONFLICT ON CONSTRAINT counts_once DO UPDATE SET written = c.written + excluded.written
)
INSERT INTO kinds AS k (fingerprint, service, level, message, example, written, first_at, last_at)
SELECT g.fingerprint, @service, max(g.level), max(g.message), (array_agg(g.attributes ORDER BY g.at DESC))[1], count(*), min(g.at), max(g.at)
FROM given g JOIN stored s USING (id)
WHERE g.fingerprint <> ''
GROUP BY g.fingerprint ORDER BY g.fingerprint
ON CONFLICT (fingerprint) DO UPDATE SET written = k.written + excluded.written, last_at = greatest(k.last_at, excluded.last_at),
    first_at = least(k.first_at, excluded.first_at), example = excluded.example;

-- name: FindRecords :many
-- The latest records, the oldest of them first.
SELECT * FROM (
    SELECT at, id, service, instance, level, message, attributes, trace_id FROM records
    WHERE at >= @since::timestamptz AND level >= @level::smallint
      AND (@service::text = '' OR service = @service) AND (@trace_id::text = '' OR trace_id = @trace_id)
      AND (@words::text = '' OR words @@ websearch_to_tsquery('simple', @words))
    ORDER BY at DESC, id DESC LIMIT @max_rows
) latest ORDER BY at, id;

-- name: FindKinds :many
SELECT * FROM kinds WHERE last_at >= @since::timestamptz AND (@service::text = '' OR service = @service)
ORDER BY last_at DESC LIMIT @max_rows;

-- name: NewKinds :many
-- Errors that nobody was told of yet.
SELECT * FROM kinds WHERE alerted_at IS NULL AND level >= @level::smallint ORDER BY first_at LIMIT @max_rows;

-- name: MarkAlerted :exec
UPDATE kinds SET alerted_at = now() WHERE fingerprint = ANY(@fingerprints::text[]);

-- name: DeleteOld :exec
WITH counted AS (DELETE FROM counts WHERE minute < @before::timestamptz),
     known AS (DELETE FROM kinds WHERE last_at < @before)
DELETE FROM records_other WHERE at < @before;
