-- An operator replays dead letters or discards them. Rows stay for a while after
-- that, as a record of what was done.

-- +goose Up
ALTER TABLE dead_letters
    ADD COLUMN replay_at   timestamptz, -- an operator requested its replay, from then on
    ADD COLUMN resolved_at timestamptz,
    ADD COLUMN resolution  text,
    ADD CONSTRAINT dead_letters_resolution CHECK (resolution IN ('REPLAYED', 'DISCARDED')),
    ADD CONSTRAINT dead_letters_are_resolved_somehow CHECK ((resolved_at IS NULL) = (resolution IS NULL));

CREATE INDEX dead_letters_open ON dead_letters (consumer, id) WHERE resolved_at IS NULL;
