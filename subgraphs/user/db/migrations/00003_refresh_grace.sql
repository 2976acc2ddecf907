-- +goose Up
-- For a few seconds after its use, a token and this key give its successor
-- again. Either alone does not.
ALTER TABLE refresh_tokens
    ADD COLUMN successor_key bytea,
    ADD CONSTRAINT refresh_tokens_successor_of_used CHECK (successor_key IS NULL OR used_at IS NOT NULL);
CREATE INDEX refresh_tokens_with_successor_key ON refresh_tokens (used_at) WHERE successor_key IS NOT NULL;
