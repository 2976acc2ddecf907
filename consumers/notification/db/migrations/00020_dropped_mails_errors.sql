-- +goose Up
-- Errors of the mail server quote the address of the recipient; what was dropped, of
-- deleted accounts too, keeps none.
UPDATE mails SET last_error = '' WHERE status = 'DROPPED' AND last_error <> '';
