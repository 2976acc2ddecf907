-- +goose Up
-- Further fields of objects, which staff declare.
CREATE TABLE metafield_definitions (
    id         text COLLATE "C" PRIMARY KEY,
    owner_type text    NOT NULL,
    namespace  text COLLATE "C" NOT NULL,
    key        text COLLATE "C" NOT NULL,
    name       text    NOT NULL,
    type       text    NOT NULL,
    is_list    boolean NOT NULL,
    visible    boolean NOT NULL, -- to everyone; otherwise to those who may change the object
    CONSTRAINT metafield_definitions_key_is_unique UNIQUE (owner_type, namespace, key),
    CONSTRAINT metafield_definitions_owner_is_known CHECK (owner_type IN ('PRODUCT', 'VARIANT', 'CATEGORY', 'COLLECTION')),
    CONSTRAINT metafield_definitions_type_is_known CHECK (type IN ('STRING', 'INT', 'DECIMAL', 'BOOLEAN', 'DATE', 'URL', 'JSON', 'PRODUCT'))
);

CREATE TABLE metafields (
    owner_id      text COLLATE "C" NOT NULL,
    definition_id text COLLATE "C" NOT NULL REFERENCES metafield_definitions ON DELETE CASCADE,
    value         jsonb NOT NULL,
    PRIMARY KEY (owner_id, definition_id)
);
CREATE INDEX metafields_by_definition ON metafields (definition_id);

-- +goose StatementBegin
CREATE FUNCTION delete_metafields() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM metafields WHERE owner_id = OLD.id;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER products_delete_metafields AFTER DELETE ON products FOR EACH ROW EXECUTE FUNCTION delete_metafields();
CREATE TRIGGER variants_delete_metafields AFTER DELETE ON variants FOR EACH ROW EXECUTE FUNCTION delete_metafields();
CREATE TRIGGER categories_delete_metafields AFTER DELETE ON categories FOR EACH ROW EXECUTE FUNCTION delete_metafields();
CREATE TRIGGER collections_delete_metafields AFTER DELETE ON collections FOR EACH ROW EXECUTE FUNCTION delete_metafields();
