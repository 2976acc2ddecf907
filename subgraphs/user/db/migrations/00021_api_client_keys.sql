-- +goose Up
-- A key that was replaced may work for a while beside the new one.
ALTER TABLE api_clients
    ADD COLUMN previous_hash  bytea,
    ADD COLUMN previous_until timestamptz,
    ADD CONSTRAINT api_clients_previous_is_a_hash  CHECK (length(previous_hash) = 32),
    ADD CONSTRAINT api_clients_previous_has_an_end CHECK ((previous_hash IS NULL) = (previous_until IS NULL));
CREATE UNIQUE INDEX api_clients_previous ON api_clients (previous_hash) WHERE previous_hash IS NOT NULL;

-- What API clients used, by day in UTC.
CREATE TABLE api_client_usage (
    client_id text   NOT NULL REFERENCES api_clients,
    day       date   NOT NULL,
    operation text   NOT NULL, -- its name; empty for none
    requests  bigint NOT NULL,
    failures  bigint NOT NULL,
    cost      bigint NOT NULL,
    PRIMARY KEY (client_id, day, operation),
    CONSTRAINT api_client_usage_is_counted CHECK (requests > 0 AND failures BETWEEN 0 AND requests AND cost >= 0)
);
CREATE INDEX api_client_usage_day ON api_client_usage (day);
