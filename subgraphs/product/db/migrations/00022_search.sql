-- What the search index does not have yet, and what customers view.

-- +goose Up

-- Changes of products that the worker that fills the search index has not stored, and
-- since when they are. They are written with the change, so that the age of the oldest
-- one is known also while no event arrives. The worker's backlog removes them.
CREATE TABLE unindexed_products (
    product_id text COLLATE "C" NOT NULL REFERENCES products ON DELETE CASCADE,
    version    bigint      NOT NULL,
    since      timestamptz NOT NULL,
    PRIMARY KEY (product_id, version)
);

-- A draft that stays one is in no index.
-- +goose StatementBegin
CREATE FUNCTION note_unindexed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO unindexed_products (product_id, version, since)
        SELECT n.id, n.version, clock_timestamp() FROM new_rows n WHERE n.status = 'PUBLISHED'
        ON CONFLICT DO NOTHING;
    ELSE
        INSERT INTO unindexed_products (product_id, version, since)
        SELECT n.id, n.version, clock_timestamp() FROM new_rows n JOIN old_rows o ON o.id = n.id
        WHERE n.version > o.version AND (n.status = 'PUBLISHED' OR o.status = 'PUBLISHED')
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER products_new_are_unindexed AFTER INSERT ON products
REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION note_unindexed();
CREATE TRIGGER products_changed_are_unindexed AFTER UPDATE ON products
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION note_unindexed();

-- What sells is in the search index as a rank, which grows by a thousand when the
-- weight doubles; 0 is never sold. It is published when it differs by fifty, which is
-- by 3.5 % of the weight: a sale of a product that sells often changes nothing.
-- +goose StatementBegin
CREATE FUNCTION sales_rank(weight double precision) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN weight > 0 THEN greatest(round(1000 * ln(weight) / ln(2::double precision))::bigint + 1000000, 1) ELSE 0 END;
-- +goose StatementEnd
ALTER TABLE product_popularity
    ADD COLUMN published_rank bigint NOT NULL DEFAULT 0,
    ADD COLUMN published bigint NOT NULL DEFAULT 0, -- how often: the version of the rank
    ADD COLUMN views double precision NOT NULL DEFAULT 0, -- a view weighs as a unit that was sold at that time
    ADD CONSTRAINT product_popularity_views_are_never_negative CHECK (views >= 0);
CREATE INDEX product_popularity_unpublished ON product_popularity (product_id) WHERE abs(sales_rank(weight) - published_rank) >= 50;

-- What trends: fifty views are as much as a unit that is sold.
-- +goose StatementBegin
CREATE FUNCTION trend(weight double precision, views double precision) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN weight + views / 50;
-- +goose StatementEnd
DROP INDEX product_popularity_by_weight;
CREATE INDEX product_popularity_by_trend ON product_popularity (trend(weight, views) DESC, product_id);

-- Who viewed what in a window of half an hour, so that a view counts once. A viewer is a
-- hash with a key that is deleted with the window: afterwards there is no trace of it.
CREATE TABLE view_windows (
    began timestamptz PRIMARY KEY,
    key   bytea NOT NULL
);
CREATE TABLE viewers (
    began      timestamptz NOT NULL REFERENCES view_windows ON DELETE CASCADE,
    viewer     bytea       NOT NULL,
    product_id text COLLATE "C" NOT NULL REFERENCES products ON DELETE CASCADE,
    PRIMARY KEY (began, viewer, product_id)
);
CREATE INDEX viewers_by_product ON viewers (product_id);

-- How often viewers of a product viewed another one in the same window, in both
-- directions. Weights decay as those of sales do.
CREATE TABLE viewed_together (
    product_id text COLLATE "C" NOT NULL REFERENCES products ON DELETE CASCADE,
    other_id   text COLLATE "C" NOT NULL REFERENCES products ON DELETE CASCADE,
    weight     double precision NOT NULL,
    PRIMARY KEY (product_id, other_id),
    CONSTRAINT viewed_together_are_two CHECK (product_id <> other_id)
);
CREATE INDEX viewed_together_by_weight ON viewed_together (product_id, weight DESC, other_id);
CREATE INDEX viewed_together_by_other ON viewed_together (other_id);
CREATE INDEX viewed_together_least ON viewed_together (weight);
