-- Categories and brands are edited while the shop sells: earlier slugs lead to
-- their objects, and products whose snapshots changed are queued.

-- +goose Up
ALTER TABLE categories
    ADD seo_title       text NOT NULL DEFAULT '', -- empty: the name
    ADD seo_description text NOT NULL DEFAULT '', -- empty: the beginning of the description
    ADD canonical_url   text NOT NULL DEFAULT ''; -- empty: the page's own
ALTER TABLE brands
    ADD description     text NOT NULL DEFAULT '',
    ADD seo_title       text NOT NULL DEFAULT '',
    ADD seo_description text NOT NULL DEFAULT '',
    ADD canonical_url   text NOT NULL DEFAULT '';
CREATE INDEX products_by_category ON products (category_id, id);

-- Slugs that objects had earlier. No slug is both that of an object and here.
CREATE TABLE slug_redirects (
    kind       text COLLATE "C" NOT NULL, -- the table of the target
    slug       text             NOT NULL,
    target_id  text COLLATE "C" NOT NULL,
    created_at timestamptz      NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT slug_redirects_slug_is_unique PRIMARY KEY (kind, slug)
);
CREATE INDEX slug_redirects_by_target ON slug_redirects (kind, target_id, created_at DESC);

-- keep_slug turns the slug that an object loses into a redirect, of which the
-- 20 latest are kept, and refuses a slug that redirects to another object. It runs
-- after the row is written: only then a concurrent rename that frees the same slug
-- has ended, and its redirect is visible.
-- +goose StatementBegin
CREATE FUNCTION keep_slug() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM slug_redirects WHERE kind = TG_TABLE_NAME AND slug = NEW.slug AND target_id = NEW.id;
    IF EXISTS (SELECT FROM slug_redirects WHERE kind = TG_TABLE_NAME AND slug = NEW.slug) THEN
        RAISE EXCEPTION 'slug % redirects to another object', NEW.slug
            USING ERRCODE = 'unique_violation', CONSTRAINT = TG_TABLE_NAME || '_slug_is_unique', TABLE = TG_TABLE_NAME;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO slug_redirects (kind, slug, target_id) VALUES (TG_TABLE_NAME, OLD.slug, OLD.id);
        DELETE FROM slug_redirects r
        WHERE r.kind = TG_TABLE_NAME AND r.slug IN (
            SELECT slug FROM slug_redirects
            WHERE kind = TG_TABLE_NAME AND target_id = NEW.id ORDER BY created_at DESC, slug OFFSET 20);
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION release_slugs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM slug_redirects WHERE kind = TG_TABLE_NAME AND target_id = OLD.id;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER categories_slug_is_free AFTER INSERT ON categories FOR EACH ROW EXECUTE FUNCTION keep_slug();
CREATE TRIGGER categories_slug_redirects AFTER UPDATE ON categories FOR EACH ROW WHEN (OLD.slug IS DISTINCT FROM NEW.slug) EXECUTE FUNCTION keep_slug();
CREATE TRIGGER categories_release_slugs AFTER DELETE ON categories FOR EACH ROW EXECUTE FUNCTION release_slugs();
CREATE TRIGGER brands_slug_is_free AFTER INSERT ON brands FOR EACH ROW EXECUTE FUNCTION keep_slug();
CREATE TRIGGER brands_slug_redirects AFTER UPDATE ON brands FOR EACH ROW WHEN (OLD.slug IS DISTINCT FROM NEW.slug) EXECUTE FUNCTION keep_slug();
CREATE TRIGGER brands_release_slugs AFTER DELETE ON brands FOR EACH ROW EXECUTE FUNCTION release_slugs();
CREATE TRIGGER products_slug_is_free AFTER INSERT ON products FOR EACH ROW EXECUTE FUNCTION keep_slug();
CREATE TRIGGER products_slug_redirects AFTER UPDATE ON products FOR EACH ROW WHEN (OLD.slug IS DISTINCT FROM NEW.slug) EXECUTE FUNCTION keep_slug();
CREATE TRIGGER products_release_slugs AFTER DELETE ON products FOR EACH ROW EXECUTE FUNCTION release_slugs();

-- Published products whose snapshot changed by a change of something else, such as
-- the name of their category. A worker publishes them in batches.
CREATE TABLE snapshot_queue (
    product_id text COLLATE "C" PRIMARY KEY REFERENCES products ON DELETE CASCADE,
    queued_at  timestamptz NOT NULL DEFAULT now()
);
