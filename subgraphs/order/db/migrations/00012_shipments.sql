-- What of an order is in which parcel, and where the parcels are.

-- +goose Up
ALTER TABLE orders
    ADD COLUMN fulfillment_status text NOT NULL DEFAULT 'UNFULFILLED',
    ADD COLUMN delivered_at timestamptz, -- of the last parcel so far; null: none is delivered
    DROP CONSTRAINT orders_known_status,
    ADD CONSTRAINT orders_known_status CHECK (status IN
        ('PENDING_PAYMENT', 'CONFIRMED', 'PROCESSING', 'PARTIALLY_SHIPPED', 'SHIPPED', 'DELIVERED', 'CANCELLED', 'EXPIRED')),
    DROP CONSTRAINT orders_confirmed_means_captured,
    ADD CONSTRAINT orders_confirmed_means_captured CHECK (status NOT IN ('CONFIRMED', 'PROCESSING', 'PARTIALLY_SHIPPED', 'SHIPPED', 'DELIVERED') OR
        (stage = 'CAPTURED' AND payment_status IN ('PAID', 'PARTIALLY_REFUNDED', 'REFUNDED'))),
    ADD CONSTRAINT orders_known_fulfillment_status CHECK (fulfillment_status IN
        ('UNFULFILLED', 'PARTIALLY_FULFILLED', 'FULFILLED', 'DELIVERED', 'RETURN_REQUESTED', 'PARTIALLY_RETURNED', 'RETURNED')),
    ADD CONSTRAINT orders_delivered_have_a_date CHECK (status <> 'DELIVERED' OR delivered_at IS NOT NULL);

ALTER TABLE order_lines
    ADD COLUMN packed_quantity    int NOT NULL DEFAULT 0, -- in parcels that were neither cancelled nor returned to the sender
    ADD COLUMN shipped_quantity   int NOT NULL DEFAULT 0, -- of those, handed to the carrier
    ADD COLUMN delivered_quantity int NOT NULL DEFAULT 0, -- of those, delivered
    ADD CONSTRAINT order_lines_ship_at_most_what_was_ordered CHECK (0 <= delivered_quantity AND delivered_quantity <= shipped_quantity
        AND shipped_quantity <= packed_quantity AND packed_quantity <= quantity);

ALTER TABLE order_history
    DROP CONSTRAINT order_history_known_kind,
    ADD CONSTRAINT order_history_known_kind CHECK (kind IN
        ('PLACED', 'PAYMENT', 'STOCK', 'SHIPMENT', 'RETURN', 'REFUND', 'NOTE', 'CANCELLATION'));

CREATE TABLE shipments (
    id              text        PRIMARY KEY,
    order_id        text        NOT NULL REFERENCES orders,
    status          text        NOT NULL,
    version         int         NOT NULL DEFAULT 1,
    carrier         text        NOT NULL,
    tracking_number text,
    tracking_url    text,
    moved_at        timestamptz NOT NULL, -- the time of the tracking event that the status is from
    arrives_after   timestamptz, -- the expected window of the delivery
    arrives_before  timestamptz,
    created_at      timestamptz NOT NULL,
    CONSTRAINT shipments_known_status CHECK (status IN ('PENDING', 'LABEL_CREATED', 'PICKED_UP', 'IN_TRANSIT',
        'OUT_FOR_DELIVERY', 'DELIVERY_FAILED', 'DELIVERED', 'RETURNED_TO_SENDER', 'CANCELLED')),
    CONSTRAINT shipments_arrival_is_a_window CHECK ((arrives_after IS NULL) = (arrives_before IS NULL) AND arrives_after <= arrives_before)
);
CREATE INDEX shipments_of_order ON shipments (order_id, id);
CREATE INDEX shipments_by_tracking_number ON shipments (tracking_number, id) WHERE tracking_number IS NOT NULL;

CREATE TABLE shipment_lines (
    shipment_id   text NOT NULL REFERENCES shipments,
    order_line_id text NOT NULL REFERENCES order_lines,
    quantity      int  NOT NULL,
    PRIMARY KEY (shipment_id, order_line_id),
    CONSTRAINT shipment_lines_quantity_positive CHECK (quantity > 0)
);
CREATE INDEX shipment_lines_of_order_line ON shipment_lines (order_line_id);

CREATE TABLE tracking_events (
    number      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    shipment_id text        NOT NULL REFERENCES shipments,
    at          timestamptz NOT NULL, -- by the carrier's clock
    status      text        NOT NULL,
    location    text        NOT NULL DEFAULT '',
    message     text        NOT NULL,
    received_at timestamptz NOT NULL,
    -- Carriers report the same more than once.
    CONSTRAINT tracking_events_once UNIQUE (shipment_id, at, status, location, message)
);
