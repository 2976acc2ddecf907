-- name: MetafieldDefinitions :many
-- Those of one type of owner, or all.
SELECT * FROM metafield_definitions WHERE @owner_type::text = '' OR owner_type = @owner_type
ORDER BY owner_type, namespace, key;

-- name: ShareMetafieldDefinitions :many
-- A definition that values are set of keeps its type until they are.
SELECT * FROM metafield_definitions WHERE owner_type || '.' || namespace || '.' || key = ANY (@keys::text[]) ORDER BY id FOR SHARE;

-- name: LockMetafieldDefinitions :exec
-- Orders changes of definitions, so that their number stays bounded.
SELECT pg_advisory_xact_lock(hashtext('metafield_definitions'), 0);

-- name: LockMetafieldDefinition :many
-- Waits for transactions that set values of it.
SELECT * FROM metafield_definitions WHERE id = @id OR owner_type = @owner_type AND namespace = @namespace AND key = @key FOR UPDATE;

-- name: CountMetafieldDefinitions :one
SELECT count(*) FROM metafield_definitions WHERE owner_type = @owner_type;

-- name: HasMetafieldValues :one
SELECT EXISTS (SELECT FROM metafields WHERE definition_id = @definition_id);

-- name: SaveMetafieldDefinition :exec
INSERT INTO metafield_definitions (id, owner_type, namespace, key, name, type, is_list, visible)
VALUES (@id, @owner_type, @namespace, @key, @name, @type, @is_list, @visible)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, type = excluded.type, is_list = excluded.is_list, visible = excluded.visible;

-- name: DeleteMetafieldDefinition :exec
DELETE FROM metafield_definitions WHERE id = @id;

-- name: MetafieldsOf :many
SELECT m.owner_id, m.value, sqlc.embed(d) FROM metafields m JOIN metafield_definitions d ON d.id = m.definition_id
WHERE m.owner_id = ANY (@owner_ids::text[]) ORDER BY d.namespace, d.key;

-- name: SetMetafields :exec
-- Sets values, and removes those that are null.
WITH given AS (
    SELECT unnest(@owner_ids::text[]) AS owner_id, unnest(@definition_ids::text[]) AS definition_id, unnest(@metafield_values::text[])::jsonb AS value
), removed AS (
    DELETE FROM metafields m USING given g WHERE m.owner_id = g.owner_id AND m.definition_id = g.definition_id AND g.value = 'null'
)
INSERT INTO metafields (owner_id, definition_id, value)
SELECT owner_id, definition_id, value FROM given WHERE value <> 'null'
ON CONFLICT (owner_id, definition_id) DO UPDATE SET value = excluded.value;

-- name: ExistingProducts :many
SELECT id FROM products WHERE id = ANY (@ids::text[]);
