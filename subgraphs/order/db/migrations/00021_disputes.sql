-- A customer disputes the payment of an order through the bank.

-- +goose Up
ALTER TABLE orders
    DROP CONSTRAINT orders_known_payment_status,
    ADD CONSTRAINT orders_known_payment_status CHECK (payment_status IN
        ('UNPAID', 'PENDING', 'AUTHORIZED', 'PAID', 'PARTIALLY_REFUNDED', 'REFUNDED', 'FAILED', 'VOIDED', 'DISPUTED', 'CHARGED_BACK')),
    DROP CONSTRAINT orders_confirmed_means_captured,
    ADD CONSTRAINT orders_confirmed_means_captured CHECK (status NOT IN ('CONFIRMED', 'PROCESSING', 'PARTIALLY_SHIPPED', 'SHIPPED', 'DELIVERED') OR
        (stage = 'CAPTURED' AND payment_status IN ('PAID', 'PARTIALLY_REFUNDED', 'REFUNDED', 'DISPUTED', 'CHARGED_BACK')));
