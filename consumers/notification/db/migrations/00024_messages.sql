-- +goose Up
-- Push messages and text messages on their way. A row is deleted when its message is
-- sent or no longer needed.
CREATE TABLE messages (
    id         text        PRIMARY KEY,
    user_id    text        NOT NULL,
    channel    text        NOT NULL,
    target_id  text        NOT NULL, -- of the device; empty for the phone of the user
    content    jsonb       NOT NULL,
    attempts   int         NOT NULL DEFAULT 0,
    due_at     timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT messages_channel_is_known CHECK (channel IN ('PUSH', 'SMS'))
);
CREATE INDEX messages_due ON messages (due_at);
CREATE INDEX messages_of_user ON messages (user_id);

-- +goose StatementBegin
DO $$
DECLARE
    kinds text;
BEGIN
    SELECT string_agg(quote_literal(kind), ', ') INTO STRICT kinds
    FROM (SELECT (regexp_matches(pg_get_constraintdef(oid), '''([A-Z_]+)''', 'g'))[1] AS kind
          FROM pg_constraint WHERE conrelid = 'mails'::regclass AND conname = 'mails_kind_is_known'
          UNION SELECT 'SECOND_FACTOR_CHANGED') AS k;
    ALTER TABLE mails DROP CONSTRAINT mails_kind_is_known;
    EXECUTE format('ALTER TABLE mails ADD CONSTRAINT mails_kind_is_known CHECK (kind IN (%s))', kinds);
END $$;
-- +goose StatementEnd
