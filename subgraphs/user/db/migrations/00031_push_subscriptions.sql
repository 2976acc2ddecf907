-- +goose Up
-- The browsers and apps that get push messages. Each belongs to the session that
-- registered it and ends with it.
CREATE TABLE push_subscriptions (
    id         text        PRIMARY KEY,
    user_id    text        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    session_id text        NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    endpoint   text        NOT NULL, -- whoever has it can send messages that look encrypted, but not read any
    p256dh     text        NOT NULL,
    auth       text        NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT push_subscriptions_of_endpoint UNIQUE (endpoint),
    CONSTRAINT push_subscriptions_are_short CHECK (length(endpoint) <= 2000 AND length(p256dh) <= 100 AND length(auth) <= 40)
);
CREATE INDEX push_subscriptions_of_user ON push_subscriptions (user_id, created_at);
CREATE INDEX push_subscriptions_of_session ON push_subscriptions (session_id);
