-- A turn ends at its time, however often its customer comes back.

-- +goose Up
ALTER TABLE line_places ADD turn_ends_at timestamptz; -- null: it is not its turn
