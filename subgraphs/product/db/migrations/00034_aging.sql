-- Rules of age are evaluated for the products that grow too old, and how far the search
-- index is behind is read from indexes.

-- +goose Up

-- The one row has the time up to which products have left the collections that they are
-- too old for. At first it is evaluated for all of them.
CREATE TABLE collection_aging (
    one   boolean PRIMARY KEY DEFAULT true,
    until timestamptz NOT NULL,
    CONSTRAINT collection_aging_has_one_row CHECK (one)
);
INSERT INTO collection_aging (until) VALUES ('0001-01-01');
CREATE INDEX products_by_age ON products (created_at);

CREATE INDEX snapshot_queue_by_age ON snapshot_queue (queued_at);
CREATE INDEX unindexed_products_by_age ON unindexed_products (since);
