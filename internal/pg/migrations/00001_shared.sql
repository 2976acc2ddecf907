-- The tables that every service's database has: events to publish, events that
-- were handled, and commands that were carried out.

-- +goose Up
CREATE TABLE event_sequences (
    topic   text   NOT NULL,
    subject text   NOT NULL,
    last    bigint NOT NULL,
    PRIMARY KEY (topic, subject)
);

-- Events that are committed but not yet on Kafka; a row is deleted once it is.
CREATE TABLE outbox (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id       text        NOT NULL,
    topic          text        NOT NULL,
    subject        text        NOT NULL,
    type           text        NOT NULL,
    sequence       bigint      NOT NULL,
    data           jsonb       NOT NULL,
    actor          text        NOT NULL DEFAULT '',
    correlation_id text        NOT NULL DEFAULT '',
    causation_id   text        NOT NULL DEFAULT '',
    created_at     timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- Events whose effect is committed. Kept longer than Kafka keeps the events.
CREATE TABLE handled_events (
    consumer   text        NOT NULL,
    event_id   text        NOT NULL,
    handled_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, event_id)
);
CREATE INDEX handled_events_by_age ON handled_events (handled_at);

-- Records that a consumer could not handle, whole, until an operator replays them.
CREATE TABLE dead_letters (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consumer        text        NOT NULL,
    topic           text        NOT NULL,
    partition       int         NOT NULL,
    kafka_offset    bigint      NOT NULL,
    key             bytea,
    value           bytea       NOT NULL,
    headers         jsonb       NOT NULL DEFAULT '{}',
    error           text        NOT NULL,
    attempts        int         NOT NULL,
    first_failed_at timestamptz NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    relayed_at      timestamptz,
    CONSTRAINT dead_letters_once UNIQUE (consumer, topic, partition, kafka_offset)
);
CREATE INDEX dead_letters_to_relay ON dead_letters (id) WHERE relayed_at IS NULL;

-- The result of a command, for a retry of it.
CREATE TABLE idempotency_keys (
    actor         text        NOT NULL,
    operation     text        NOT NULL,
    key           text        NOT NULL,
    input_hash    bytea       NOT NULL,
    reference     text        NOT NULL,
    first_used_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (actor, operation, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (first_used_at);
