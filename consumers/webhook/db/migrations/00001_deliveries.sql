-- +goose Up
-- What partners subscribed to, as the user service publishes it, and how the deliveries
-- to each endpoint go. Address and secret are read at each delivery.
CREATE TABLE endpoints (
    id                   text        PRIMARY KEY,
    owner_id             text        NOT NULL,
    scopes               text[]      NOT NULL,
    event_types          text[]      NOT NULL,
    active               boolean     NOT NULL,
    version              bigint      NOT NULL,
    consecutive_failures int         NOT NULL DEFAULT 0,
    pauses               int         NOT NULL DEFAULT 0, -- since the last success
    paused_until         timestamptz,
    gone                 boolean     NOT NULL DEFAULT false, -- it answered 410, or failed for days
    last_error           text        NOT NULL DEFAULT '',
    CONSTRAINT endpoints_failures_are_counted CHECK (consecutive_failures >= 0 AND pauses >= 0)
);
CREATE INDEX endpoints_event_types ON endpoints USING gin (event_types) WHERE active;

-- Events that are being delivered or were.
CREATE TABLE events (
    id         text        PRIMARY KEY,
    owner_id   text        NOT NULL DEFAULT '', -- the customer that it is about; empty: none
    envelope   jsonb       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX events_owner ON events (owner_id) WHERE owner_id <> '';

CREATE TABLE deliveries (
    id              text        PRIMARY KEY,
    position        bigint      NOT NULL GENERATED ALWAYS AS IDENTITY, -- of one subject, in the order of its events
    endpoint_id     text        NOT NULL REFERENCES endpoints ON DELETE CASCADE,
    event_id        text        NOT NULL REFERENCES events,
    event_type      text        NOT NULL,
    subject         text        NOT NULL,
    sequence        bigint      NOT NULL,
    test            boolean     NOT NULL DEFAULT false, -- a sample that the owner requested
    status          text        NOT NULL DEFAULT 'PENDING',
    attempts        int         NOT NULL DEFAULT 0, -- since the event or the last replay
    response_status int         NOT NULL DEFAULT 0, -- of the last attempt; 0: no response
    last_error      text        NOT NULL DEFAULT '',
    due_at          timestamptz NOT NULL DEFAULT now(), -- of the next attempt
    leased_until    timestamptz, -- while an attempt is under way
    expires_at      timestamptz NOT NULL, -- no attempt is made after it
    created_at      timestamptz NOT NULL DEFAULT now(),
    ended_at        timestamptz,
    CONSTRAINT deliveries_status_is_known         CHECK (status IN ('PENDING', 'RETRYING', 'SUCCEEDED', 'FAILED')),
    CONSTRAINT deliveries_ended_have_a_time       CHECK ((status IN ('SUCCEEDED', 'FAILED')) = (ended_at IS NOT NULL)),
    CONSTRAINT deliveries_one_per_endpoint_event  UNIQUE (endpoint_id, event_id)
);
CREATE INDEX deliveries_due ON deliveries (endpoint_id, due_at) WHERE status IN ('PENDING', 'RETRYING');
CREATE INDEX deliveries_order ON deliveries (endpoint_id, subject, position) WHERE status IN ('PENDING', 'RETRYING');
CREATE INDEX deliveries_expiry ON deliveries (expires_at) WHERE status IN ('PENDING', 'RETRYING');
CREATE INDEX deliveries_log ON deliveries (endpoint_id, position);
CREATE INDEX deliveries_ended ON deliveries (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX deliveries_event ON deliveries (event_id);

CREATE TABLE attempts (
    id              bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    delivery_id     text        NOT NULL REFERENCES deliveries ON DELETE CASCADE,
    at              timestamptz NOT NULL DEFAULT now(),
    response_status int         NOT NULL, -- 0: no response
    error           text        NOT NULL, -- empty: it succeeded
    duration_ms     int         NOT NULL
);
CREATE INDEX attempts_delivery ON attempts (delivery_id, id);
