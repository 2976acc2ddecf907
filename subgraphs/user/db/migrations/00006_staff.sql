-- +goose Up
-- For the lists of a role, and for the search for the last administrator.
CREATE INDEX users_by_role ON users USING gin (roles);

-- What staff did, written in the transaction of the action.
CREATE TABLE audit_log (
    id         text        PRIMARY KEY,
    at         timestamptz NOT NULL,
    actor_id   text, -- null for a command on the server
    action     text        NOT NULL,
    subject_id text        NOT NULL,
    before     jsonb       NOT NULL, -- {} for what did not exist
    after      jsonb       NOT NULL
);
CREATE INDEX audit_log_of_subject ON audit_log (subject_id, id DESC);

-- +goose StatementBegin
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
-- +goose StatementEnd
CREATE TRIGGER audit_log_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
