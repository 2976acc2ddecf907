-- +goose Up
-- The query that makes the payload of an endpoint's events, and the secret before the
-- present one, which signs beside it for a while.
ALTER TABLE webhook_endpoints
    ADD COLUMN payload_query   text,
    ADD COLUMN previous_secret text,
    ADD COLUMN previous_until  timestamptz,
    ADD CONSTRAINT webhook_endpoints_query_is_short        CHECK (octet_length(payload_query) BETWEEN 1 AND 8000),
    ADD CONSTRAINT webhook_endpoints_previous_has_an_end   CHECK ((previous_secret IS NULL) = (previous_until IS NULL));
