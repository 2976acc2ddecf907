-- Words that find each other, as staff set them.

-- +goose Up
CREATE TABLE search_synonyms (
    position int    PRIMARY KEY,
    terms    text[] NOT NULL,
    CONSTRAINT search_synonyms_have_two_terms CHECK (cardinality(terms) >= 2)
);
