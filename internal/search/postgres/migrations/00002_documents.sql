-- Documents are searched in the memory of each replica, which follows this table.
-- The tables that statements searched are dropped; the worker indexes all products
-- again.

-- +goose Up
DROP TABLE search_prices, search_documents, search_deleted, search_words, search_terms;

CREATE SEQUENCE search_changes;

CREATE TABLE search_documents (
    generation int              NOT NULL, -- an index; a new one is filled beside the one that is searched
    id         text COLLATE "C" NOT NULL,
    version    bigint           NOT NULL, -- only a newer one is stored
    document   json,                      -- null once the product is removed, so that an older version does not restore it
    change     bigint           NOT NULL, -- grows with every write, in the order of commits
    PRIMARY KEY (generation, id)
);
CREATE UNIQUE INDEX search_documents_by_change ON search_documents (generation, change);

-- The one row has the generation that is searched, and the one that is being filled.
CREATE TABLE search_generations (
    one      boolean PRIMARY KEY DEFAULT true,
    live     int NOT NULL,
    building int,
    CONSTRAINT search_generations_have_one_row CHECK (one),
    CONSTRAINT search_generations_building_is_newer CHECK (building > live)
);
INSERT INTO search_generations (live) VALUES (1);
