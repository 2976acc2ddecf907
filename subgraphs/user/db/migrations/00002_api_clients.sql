-- +goose Up
-- API clients, each with a secret of its own.
CREATE TABLE api_clients (
    id              text        PRIMARY KEY,
    name            text        NOT NULL,
    secret_hash     bytea       NOT NULL, -- SHA-256
    scopes          text[]      NOT NULL,
    rate_per_minute int         NOT NULL,
    created_at      timestamptz NOT NULL,
    last_used_at    timestamptz, -- to the hour
    revoked_at      timestamptz,
    CONSTRAINT api_clients_name_is_short CHECK (length(name) BETWEEN 1 AND 60),
    CONSTRAINT api_clients_secret_is_a_hash CHECK (length(secret_hash) = 32),
    CONSTRAINT api_clients_rate_is_positive CHECK (rate_per_minute > 0),
    CONSTRAINT api_clients_secret_is_of_one UNIQUE (secret_hash)
);
