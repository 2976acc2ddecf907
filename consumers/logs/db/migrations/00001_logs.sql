-- +goose Up

-- Log records, in a partition for each day: a day is dropped as a whole.
CREATE TABLE records (
    at         timestamptz NOT NULL,
    id         text NOT NULL,
    service    text NOT NULL,
    instance   text NOT NULL,
    level      smallint NOT NULL, -- of log/slog: -4 debug, 0 info, 4 warning, 8 error
    message    text NOT NULL,
    attributes jsonb NOT NULL DEFAULT '{}',
    trace_id   text NOT NULL DEFAULT '',
    words      tsvector GENERATED ALWAYS AS (
                   to_tsvector('simple', message) || jsonb_to_tsvector('simple', attributes, '["string", "numeric"]')) STORED,

    CONSTRAINT records_once PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
CREATE INDEX records_by_service ON records (service, at DESC);
CREATE INDEX records_by_trace ON records (trace_id, at DESC) WHERE trace_id <> '';
CREATE INDEX records_by_word ON records USING gin (words);

-- What no day has a partition for: clocks that are wrong.
CREATE TABLE records_other PARTITION OF records DEFAULT;

-- How many records of a level a service writes in a minute.
CREATE TABLE counts (
    minute  timestamptz NOT NULL,
    service text NOT NULL,
    level   smallint NOT NULL,
    written bigint NOT NULL,

    CONSTRAINT counts_once PRIMARY KEY (minute, service, level)
);

-- Warnings and errors that differ only by ids and numbers are of one kind.
CREATE TABLE kinds (
    fingerprint text PRIMARY KEY,
    service     text NOT NULL,
    level       smallint NOT NULL,
    message     text NOT NULL,
    example     jsonb NOT NULL, -- the attributes of the last record
    written     bigint NOT NULL,
    first_at    timestamptz NOT NULL,
    last_at     timestamptz NOT NULL,
    alerted_at  timestamptz -- when an operator was told of the kind
);
CREATE INDEX kinds_by_time ON kinds (last_at DESC);
CREATE INDEX kinds_new ON kinds (first_at) WHERE alerted_at IS NULL;

-- +goose Down
DROP TABLE kinds, counts, records;
