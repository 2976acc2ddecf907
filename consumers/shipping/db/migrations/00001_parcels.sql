-- +goose Up
CREATE TABLE parcels (
    shipment_id     text        PRIMARY KEY,
    checkout_id     text        NOT NULL,
    order_number    text        NOT NULL,
    carrier         text        NOT NULL,
    status          text        NOT NULL DEFAULT 'REQUESTED',
    recipient       jsonb,                -- until there is a label
    tracking_number text,
    due_at          timestamptz,          -- of the next request to the carrier; null: there is none
    leased_until    timestamptz,
    tries           int         NOT NULL DEFAULT 0, -- of the current request
    idle            int         NOT NULL DEFAULT 0, -- answers in a row without a new report
    last_error      text        NOT NULL DEFAULT '',
    created_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT parcels_known_status CHECK (status IN ('REQUESTED', 'CARRIED', 'ARRIVED', 'CANCELLING', 'CANCELLED')),
    CONSTRAINT parcels_carried_have_a_label CHECK (status NOT IN ('CARRIED', 'ARRIVED') OR tracking_number IS NOT NULL)
);
CREATE INDEX parcels_due ON parcels (due_at) WHERE due_at IS NOT NULL;

-- What carriers have reported, by their ids.
CREATE TABLE reports (
    shipment_id text        NOT NULL REFERENCES parcels,
    report_id   text        NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shipment_id, report_id)
);
