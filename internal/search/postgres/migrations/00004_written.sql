-- When a document was written, for how far replicas are behind.

-- +goose Up
ALTER TABLE search_documents ADD COLUMN written_at timestamptz NOT NULL DEFAULT now();
