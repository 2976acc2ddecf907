-- +goose Up
CREATE INDEX carts_unchanged ON carts (updated_at DESC, id DESC) WHERE status = 'ACTIVE';
