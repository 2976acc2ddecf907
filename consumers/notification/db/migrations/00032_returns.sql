-- +goose Up
-- Adds to the kinds that there are, whichever they are.
-- +goose StatementBegin
DO $$
DECLARE
    kinds text;
BEGIN
    SELECT string_agg(quote_literal(kind), ', ') INTO STRICT kinds
    FROM (SELECT (regexp_matches(pg_get_constraintdef(oid), '''([A-Z_]+)''', 'g'))[1] AS kind
          FROM pg_constraint WHERE conrelid = 'mails'::regclass AND conname = 'mails_kind_is_known'
          UNION SELECT unnest(ARRAY ['RETURN_REQUESTED', 'RETURN_APPROVED', 'RETURN_REJECTED', 'RETURN_REFUNDED'])) AS k;
    ALTER TABLE mails DROP CONSTRAINT mails_kind_is_known;
    EXECUTE format('ALTER TABLE mails ADD CONSTRAINT mails_kind_is_known CHECK (kind IN (%s))', kinds);
END $$;
-- +goose StatementEnd
