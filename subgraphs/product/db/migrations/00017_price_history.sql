-- +goose Up
CREATE INDEX price_history_ended ON price_history (valid_until) WHERE valid_until IS NOT NULL;
