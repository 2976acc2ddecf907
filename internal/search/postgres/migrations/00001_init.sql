-- One document per product, and the dictionaries for correcting words and
-- counting terms.

-- +goose Up
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS fuzzystrmatch;

CREATE TABLE search_documents (
    id          text COLLATE "C" PRIMARY KEY,
    version     bigint      NOT NULL, -- only a newer one is stored
    tsv         tsvector    NOT NULL, -- folded words; A title, B brand, category and skus, C properties, D text
    terms       text[]      NOT NULL, -- for filters and facets: brand=kvarta, tag=gift, attr:colour=Moss
    in_stock    boolean     NOT NULL,
    featured    bigint      NOT NULL,
    created_at  timestamptz NOT NULL,
    card        jsonb       NOT NULL, -- as shown in lists
    description text        NOT NULL
);
CREATE INDEX search_documents_words ON search_documents USING gin (tsv);
CREATE INDEX search_documents_terms ON search_documents USING gin (terms);
CREATE INDEX search_documents_by_featured ON search_documents (featured DESC, id DESC);
CREATE INDEX search_documents_in_stock ON search_documents (id) WHERE in_stock; -- to count them
CREATE INDEX search_documents_by_age ON search_documents (created_at DESC, id DESC);

-- The lowest price of a product in each of the shop's currencies, as sort key:
-- up for ascending, down for descending order. They differ where the product
-- has no price in the currency; see foreignRank.
CREATE TABLE search_prices (
    currency char(3)          NOT NULL,
    id       text COLLATE "C" NOT NULL REFERENCES search_documents ON DELETE CASCADE,
    up       bigint           NOT NULL,
    down     bigint           NOT NULL,
    on_sale  boolean          NOT NULL,
    PRIMARY KEY (currency, id)
);
CREATE INDEX search_prices_up ON search_prices (currency, up, id);
CREATE INDEX search_prices_down ON search_prices (currency, down, id);
CREATE INDEX search_prices_by_document ON search_prices (id);

-- Removed products, so that an older version does not restore them.
CREATE TABLE search_deleted (
    id      text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL
);

-- The words of all documents, for the correction and completion of queries.
CREATE TABLE search_words (
    word      text COLLATE "C" PRIMARY KEY,
    documents int NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX search_words_alike ON search_words USING gin (word gin_trgm_ops);

-- The display name of a term and the number of documents with it.
CREATE TABLE search_terms (
    term      text COLLATE "C" PRIMARY KEY,
    field     text NOT NULL, -- the facet's name: "Brand", "Battery life"
    label     text NOT NULL,
    swatch    text NOT NULL,
    documents int  NOT NULL
) WITH (fillfactor = 70);
