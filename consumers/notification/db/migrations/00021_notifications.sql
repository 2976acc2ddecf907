-- +goose Up
-- A mail to an account is a notification of its user, whose inbox has it, too.
ALTER TABLE mails
    ADD COLUMN notification_id text,
    ADD COLUMN user_id         text,
    ADD CONSTRAINT mails_of_users_are_notifications CHECK ((notification_id IS NULL) = (user_id IS NULL));
