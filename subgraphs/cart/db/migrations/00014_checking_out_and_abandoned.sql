-- +goose Up
-- The status of a cart that is neither bought nor merged is ACTIVE here. What else
-- customers see of it follows from these columns: it may be checked out or abandoned, and
-- both end with a change or an event, without another version of the cart.
ALTER TABLE carts
    ADD COLUMN checkout_ids text[] NOT NULL DEFAULT '{}', -- its open checkouts, as far as their events have arrived
    ADD COLUMN active_at timestamptz NOT NULL DEFAULT now(), -- when it was changed, or a checkout of it opened or ended
    ADD COLUMN abandoned_at timestamptz,
    ADD CONSTRAINT carts_abandoned_are_active CHECK (abandoned_at IS NULL OR status = 'ACTIVE');
UPDATE carts SET active_at = updated_at WHERE status = 'ACTIVE';
CREATE INDEX carts_in_use ON carts (active_at) WHERE status = 'ACTIVE' AND abandoned_at IS NULL;
