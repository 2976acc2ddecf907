-- +goose Up
-- By what and from where a user signed in, or got tokens last.
ALTER TABLE sessions
    ADD COLUMN user_agent text,
    ADD COLUMN ip_country char(2),
    ADD CONSTRAINT sessions_user_agent_is_a_line CHECK (length(user_agent) <= 300 AND user_agent !~ '[[:cntrl:]]'),
    ADD CONSTRAINT sessions_country_is_a_code CHECK (ip_country ~ '^[A-Z]{2}$'),
    ADD CONSTRAINT sessions_of_guests_have_no_origin CHECK (user_id IS NOT NULL OR (user_agent IS NULL AND ip_country IS NULL));
