-- +goose Up
-- The content of a mail is needed until it is sent: it is personal data. No constraint
-- requires it, so that a sender of an earlier version can record what it sent.
UPDATE mails SET content = '{}' WHERE status IN ('SENT', 'DROPPED');
