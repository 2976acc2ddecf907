-- +goose Up
-- The trace in which an event was written, as the header of the W3C has it; empty: none.
ALTER TABLE outbox ADD COLUMN traceparent text NOT NULL DEFAULT '';
