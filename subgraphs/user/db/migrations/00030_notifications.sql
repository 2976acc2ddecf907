-- +goose Up
-- The inbox of each user. The newest 500 of a user stay for 90 days.
CREATE TABLE notifications (
    id         text        PRIMARY KEY,
    position   bigint      NOT NULL GENERATED ALWAYS AS IDENTITY, -- in the order of arrival
    user_id    text        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    topic      text        NOT NULL,
    title      text        NOT NULL,
    body       text        NOT NULL,
    link_id    text,
    sent_via   text[]      NOT NULL DEFAULT ARRAY ['IN_APP'],
    created_at timestamptz NOT NULL,
    read_at    timestamptz,
    CONSTRAINT notifications_title_and_body_are_bounded CHECK (length(title) <= 500 AND length(body) <= 2000),
    CONSTRAINT notifications_channels_are_known CHECK (sent_via <@ ARRAY ['EMAIL', 'SMS', 'PUSH', 'IN_APP'])
);
CREATE UNIQUE INDEX notifications_of_user ON notifications (user_id, position);
CREATE INDEX notifications_unread ON notifications (user_id) WHERE read_at IS NULL;
CREATE INDEX notifications_by_age ON notifications (created_at);

-- By which channels a user gets notifications of a topic. A topic without a row has the
-- channels of the program's defaults.
CREATE TABLE notification_preferences (
    user_id  text   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    topic    text   NOT NULL,
    channels text[] NOT NULL,
    PRIMARY KEY (user_id, topic),
    CONSTRAINT notification_preferences_channels_are_known CHECK (channels <@ ARRAY ['EMAIL', 'SMS', 'PUSH', 'IN_APP']),
    CONSTRAINT notification_preferences_keep_mandatory_mails CHECK (
        topic NOT IN ('ORDER', 'PAYMENT', 'SECURITY') OR 'EMAIL' = ANY (channels))
);

-- When what is not urgent waits. Minutes of a day in the user's time zone; a range that
-- ends before it begins goes over midnight.
CREATE TABLE quiet_hours (
    user_id      text     PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    start_minute smallint NOT NULL,
    end_minute   smallint NOT NULL,
    time_zone    text     NOT NULL,
    CONSTRAINT quiet_hours_are_minutes_of_a_day CHECK (start_minute BETWEEN 0 AND 1439 AND end_minute BETWEEN 0 AND 1439),
    CONSTRAINT quiet_hours_end CHECK (start_minute <> end_minute)
);
