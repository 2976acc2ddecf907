-- Notes of staff in the history, and who caused each entry.

-- +goose Up
ALTER TABLE order_history
    ADD COLUMN actor_id text, -- null: the system, or an entry of before this version
    ADD COLUMN note text,
    ADD COLUMN internal boolean NOT NULL DEFAULT false, -- for staff only
    ADD CONSTRAINT order_history_notes_have_a_text CHECK ((kind = 'NOTE') = (note IS NOT NULL)),
    ADD CONSTRAINT order_history_only_notes_are_internal CHECK (NOT internal OR kind = 'NOTE');
