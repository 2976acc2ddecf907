-- What customers send back, and what was refunded by line.

-- +goose Up
ALTER TABLE order_lines
    ADD COLUMN returning_quantity int    NOT NULL DEFAULT 0, -- in returns that are requested, approved or on their way
    ADD COLUMN returned_quantity  int    NOT NULL DEFAULT 0, -- that came back
    ADD COLUMN refunded_quantity  int    NOT NULL DEFAULT 0, -- units that were refunded by line
    ADD COLUMN refunded_minor     bigint NOT NULL DEFAULT 0, -- what was refunded for them
    ADD CONSTRAINT order_lines_return_at_most_what_was_delivered CHECK (0 <= returning_quantity AND 0 <= returned_quantity
        AND returning_quantity + returned_quantity <= delivered_quantity),
    ADD CONSTRAINT order_lines_refund_at_most_their_units CHECK (refunded_quantity BETWEEN 0 AND quantity AND refunded_minor >= 0);

CREATE TABLE returns (
    id              text        PRIMARY KEY,
    order_id        text        NOT NULL REFERENCES orders,
    status          text        NOT NULL,
    version         int         NOT NULL DEFAULT 1,
    note            text        NOT NULL DEFAULT '', -- the customer's
    decision_note   text        NOT NULL DEFAULT '', -- why it was rejected; staff's
    receipt_note    text        NOT NULL DEFAULT '', -- staff's
    carrier         text        NOT NULL DEFAULT '', -- until there is a label
    tracking_number text,
    label_url       text,
    due_at          timestamptz,                     -- when it expires unless something is reported; null: it does not
    refund_id       text,                            -- of the last refund that was requested; null: none is due
    refund_failed   boolean     NOT NULL DEFAULT false,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    received_at     timestamptz,
    CONSTRAINT returns_known_status CHECK (status IN
        ('REQUESTED', 'APPROVED', 'REJECTED', 'IN_TRANSIT', 'RECEIVED', 'REFUNDED', 'CLOSED', 'CANCELLED', 'EXPIRED')),
    CONSTRAINT returns_expire_on_their_way CHECK ((due_at IS NOT NULL) = (status IN ('APPROVED', 'IN_TRANSIT'))),
    CONSTRAINT returns_received_have_a_date CHECK ((received_at IS NOT NULL) = (status IN ('RECEIVED', 'REFUNDED', 'CLOSED'))),
    CONSTRAINT returns_refund_what_was_received CHECK (refund_id IS NULL OR received_at IS NOT NULL),
    CONSTRAINT returns_await_a_refund_or_end CHECK (status NOT IN ('RECEIVED', 'REFUNDED') OR refund_id IS NOT NULL)
);
CREATE INDEX returns_of_order ON returns (order_id, id);
CREATE INDEX returns_due ON returns (due_at) WHERE due_at IS NOT NULL;
CREATE UNIQUE INDEX returns_of_refund ON returns (refund_id) WHERE refund_id IS NOT NULL;

CREATE TABLE return_lines (
    return_id     text    NOT NULL REFERENCES returns,
    order_line_id text    NOT NULL REFERENCES order_lines,
    quantity      int     NOT NULL,
    reason        text    NOT NULL,
    received      int     NOT NULL DEFAULT 0,  -- of quantity; the rest did not come back
    condition     text    NOT NULL DEFAULT '', -- of what was received
    restocked     boolean NOT NULL DEFAULT false,
    refunded      boolean NOT NULL DEFAULT false, -- the received units are to be refunded, or are
    refund_minor  bigint  NOT NULL,            -- what is refunded; an estimate until the refund has succeeded
    PRIMARY KEY (return_id, order_line_id),
    CONSTRAINT return_lines_quantity_positive CHECK (quantity > 0),
    CONSTRAINT return_lines_receive_at_most_what_was_requested CHECK (received BETWEEN 0 AND quantity),
    CONSTRAINT return_lines_known_condition CHECK (condition IN ('', 'NEW', 'USED', 'DAMAGED')),
    CONSTRAINT return_lines_refund_is_not_negative CHECK (refund_minor >= 0)
);
CREATE INDEX return_lines_of_order_line ON return_lines (order_line_id);
