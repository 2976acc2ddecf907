-- +goose Up
-- +goose StatementBegin
-- Fails the transaction if a statement affected other rows than it must. Used
-- by statements that are sent together with their commit: what the client finds
-- out about them afterwards is too late.
CREATE FUNCTION expect_rows(expected bigint, affected bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF affected IS DISTINCT FROM expected THEN
        RAISE EXCEPTION 'affected % rows, want %', affected, expected USING ERRCODE = 'ROWS1';
    END IF;
END
$$;
-- +goose StatementEnd
