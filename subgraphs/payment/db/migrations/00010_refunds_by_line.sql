-- What was paid for each line of an order, and what of it was refunded by line.

-- +goose Up
CREATE TABLE payable_lines (
    order_line_id  text   PRIMARY KEY,
    order_id       text   NOT NULL REFERENCES payable_orders,
    quantity       int    NOT NULL,
    paid_minor     bigint NOT NULL,           -- all lines of an order add up to its amount
    refunded_units int    NOT NULL DEFAULT 0, -- by refunds that have not failed
    refunded_minor bigint NOT NULL DEFAULT 0, -- by the same
    CONSTRAINT payable_lines_quantity_is_positive CHECK (quantity > 0),
    CONSTRAINT payable_lines_refund_at_most_their_units CHECK (refunded_units BETWEEN 0 AND quantity),
    CONSTRAINT payable_lines_refund_at_most_what_was_paid CHECK (refunded_minor BETWEEN 0 AND paid_minor)
);
CREATE INDEX payable_lines_of_order ON payable_lines (order_id);

-- The lines that a refund is for; none: an amount without lines.
CREATE TABLE refund_lines (
    refund_id     text   NOT NULL REFERENCES refunds,
    order_line_id text   NOT NULL REFERENCES payable_lines,
    units         int    NOT NULL,
    amount_minor  bigint NOT NULL,
    PRIMARY KEY (refund_id, order_line_id),
    CONSTRAINT refund_lines_units_are_positive CHECK (units > 0),
    CONSTRAINT refund_lines_amount_is_not_negative CHECK (amount_minor >= 0)
);
CREATE INDEX refund_lines_of_order_line ON refund_lines (order_line_id);
