-- How far a replica is behind is measured from when it had all changes: the time of the
-- last write of a document says nothing about an earlier one.

-- +goose Up
ALTER TABLE search_documents DROP COLUMN written_at;
