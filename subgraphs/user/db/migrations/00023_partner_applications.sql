-- +goose Up
ALTER TABLE api_clients ADD COLUMN user_id text REFERENCES users; -- who applied for it and gets its keys; none: staff created it
CREATE INDEX api_clients_user ON api_clients (user_id) WHERE user_id IS NOT NULL;

-- Requests of users for an API client of their organisation.
CREATE TABLE partner_applications (
    id           text        PRIMARY KEY,
    user_id      text        NOT NULL REFERENCES users,
    organisation text        NOT NULL,
    purpose      text        NOT NULL,
    scopes       text[]      NOT NULL,
    status       text        NOT NULL DEFAULT 'PENDING',
    note         text        NOT NULL DEFAULT '', -- of who decided, for the user
    client_id    text        REFERENCES api_clients,
    created_at   timestamptz NOT NULL,
    decided_at   timestamptz,
    CONSTRAINT partner_applications_status_is_known        CHECK (status IN ('PENDING', 'APPROVED', 'REJECTED')),
    CONSTRAINT partner_applications_decided_have_a_time    CHECK ((status = 'PENDING') = (decided_at IS NULL)),
    CONSTRAINT partner_applications_approved_have_a_client CHECK ((status = 'APPROVED') = (client_id IS NOT NULL)),
    CONSTRAINT partner_applications_client_is_of_one       UNIQUE (client_id)
);
CREATE UNIQUE INDEX partner_applications_one_pending ON partner_applications (user_id) WHERE status = 'PENDING';
CREATE INDEX partner_applications_user ON partner_applications (user_id, id);
CREATE INDEX partner_applications_pending ON partner_applications (id) WHERE status = 'PENDING';
