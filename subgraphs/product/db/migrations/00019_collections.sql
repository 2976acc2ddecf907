-- +goose Up
CREATE TABLE collections (
    id              text COLLATE "C" PRIMARY KEY,
    slug            text             NOT NULL,
    title           text COLLATE "C" NOT NULL,
    description     text             NOT NULL DEFAULT '',
    image           jsonb,           -- {id, name, alt, width, height}
    seo_title       text             NOT NULL DEFAULT '',
    seo_description text             NOT NULL DEFAULT '',
    canonical_url   text             NOT NULL DEFAULT '',
    translations    jsonb            NOT NULL DEFAULT '{}',
    rule            jsonb,           -- which products are in it, as meets_rule reads it; null: staff choose them
    CONSTRAINT collections_slug_is_unique UNIQUE (slug)
);
CREATE INDEX collections_by_title ON collections (title, id);
CREATE TRIGGER collections_slug_is_free AFTER INSERT ON collections FOR EACH ROW EXECUTE FUNCTION keep_slug();
CREATE TRIGGER collections_slug_redirects AFTER UPDATE ON collections FOR EACH ROW WHEN (OLD.slug IS DISTINCT FROM NEW.slug) EXECUTE FUNCTION keep_slug();
CREATE TRIGGER collections_release_slugs AFTER DELETE ON collections FOR EACH ROW EXECUTE FUNCTION release_slugs();

-- The products of all collections, in their order. Those of a rule are written by
-- statements that evaluate it, and by nothing else.
CREATE TABLE collection_products (
    collection_id text COLLATE "C" NOT NULL REFERENCES collections ON DELETE CASCADE,
    product_id    text COLLATE "C" NOT NULL REFERENCES products ON DELETE CASCADE,
    position      bigint NOT NULL,
    PRIMARY KEY (collection_id, product_id)
);
CREATE INDEX collection_products_in_order ON collection_products (collection_id, position, product_id);
CREATE INDEX collection_products_by_product ON collection_products (product_id);

-- Whether a product is in a collection with a rule: {"anyOf": [conditions]}, of which
-- all of one must be met.
-- +goose StatementBegin
CREATE FUNCTION meets_rule(p products, rule jsonb) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
    c jsonb;
BEGIN
    IF p.status <> 'PUBLISHED' THEN
        RETURN false;
    END IF;
    FOR c IN SELECT * FROM jsonb_array_elements(rule -> 'anyOf') LOOP
        CONTINUE WHEN c ? 'brandIds' AND NOT coalesce(c -> 'brandIds' ? p.brand_id, false);
        CONTINUE WHEN c ? 'tags' AND NOT c -> 'tags' ?| p.tags;
        CONTINUE WHEN c ? 'createdSince' AND p.created_at < (c ->> 'createdSince')::timestamptz;
        CONTINUE WHEN c ? 'newWithinDays' AND p.created_at < now() - (c ->> 'newWithinDays')::int * interval '1 day';
        CONTINUE WHEN c ? 'categoryId' AND NOT EXISTS (
            SELECT FROM categories k WHERE k.id = p.category_id AND (k.id = c ->> 'categoryId' OR c ->> 'categoryId' = ANY (k.ancestors)));
        CONTINUE WHEN c ? 'price' AND NOT coalesce((
            SELECT min(r.price_minor) FROM variants v JOIN variant_prices r ON r.variant_id = v.id
            WHERE v.product_id = p.id AND r.currency = c #>> '{price,currency}')
                BETWEEN coalesce((c #>> '{price,min}')::bigint, 0) AND coalesce((c #>> '{price,max}')::bigint, 9223372036854775807), false);
        CONTINUE WHEN c ? 'inStockOnly' AND NOT EXISTS (
            SELECT FROM variants v JOIN availability a ON a.variant_id = v.id WHERE v.product_id = p.id AND a.available > 0);
        CONTINUE WHEN c ? 'specifications' AND EXISTS (
            SELECT FROM jsonb_array_elements(c -> 'specifications') AS s
            WHERE NOT EXISTS (
                SELECT FROM jsonb_array_elements(p.specifications) AS g, jsonb_array_elements(g -> 'items') AS i
                WHERE i ->> 'key' = s ->> 'key' AND s -> 'anyOf' ? (i ->> 'value'))
              AND NOT EXISTS (
                SELECT FROM jsonb_array_elements(p.options) AS o, jsonb_array_elements(o -> 'values') AS v
                WHERE lower(o ->> 'name') = s ->> 'key' AND s -> 'anyOf' ? (v ->> 'value')));
        RETURN true;
    END LOOP;
    RETURN false;
END $$;
-- +goose StatementEnd

-- Products for which the rules are to be evaluated again. Each change adds a row in its
-- own transaction, so that none is missed: a worker that evaluates rules concurrently may
-- not see the change yet. Rows are only added and taken, so that changes do not wait for
-- each other.
CREATE TABLE collection_queue (
    number     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id text COLLATE "C" NOT NULL
);

-- +goose StatementBegin
CREATE FUNCTION queue_collections() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO collection_queue (product_id) SELECT id FROM changed;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER products_queue_new AFTER INSERT ON products
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION queue_collections();
CREATE TRIGGER products_queue_changed AFTER UPDATE ON products
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION queue_collections();

-- Stock changes with every sale; rules depend on whether there is any.
-- +goose StatementBegin
CREATE FUNCTION queue_collections_of_stock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.available > 0) IS DISTINCT FROM (TG_OP = 'UPDATE' AND OLD.available > 0) THEN
        INSERT INTO collection_queue (product_id) SELECT product_id FROM variants WHERE id = NEW.variant_id;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER availability_queues_new AFTER INSERT ON availability FOR EACH ROW EXECUTE FUNCTION queue_collections_of_stock();
CREATE TRIGGER availability_queues_changed AFTER UPDATE ON availability FOR EACH ROW
    WHEN ((OLD.available > 0) <> (NEW.available > 0)) EXECUTE FUNCTION queue_collections_of_stock();
