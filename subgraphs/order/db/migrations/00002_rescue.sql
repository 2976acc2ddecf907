-- +goose Up
ALTER TABLE checkouts RENAME COLUMN nudge_at TO rescue_at;
ALTER TABLE checkouts RENAME COLUMN nudges TO rescues;
ALTER INDEX checkouts_to_nudge RENAME TO checkouts_to_rescue;
COMMENT ON COLUMN checkouts.rescue_at IS 'when outstanding events are published again; null if there are none';
