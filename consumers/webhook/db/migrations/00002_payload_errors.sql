-- +goose Up
-- Why an event was sent without the result of its endpoint's query. Empty: it was not, or
-- the endpoint has none.
ALTER TABLE attempts ADD COLUMN payload_error text NOT NULL DEFAULT '';
