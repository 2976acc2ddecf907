-- +goose Up

-- Guests who have become users: what is owned by the guest belongs to the user.
-- A claim is never undone.
CREATE TABLE guest_claims (
    guest_id text PRIMARY KEY,
    user_id  text NOT NULL,
    at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX payable_orders_by_owner ON payable_orders (owner_id);

-- An order of a guest may be stored after the claim, by an event that was written
-- before it. The lock is the one that a claim takes: an order is stored either
-- before the claim moves the guest's orders, or after the claim can be read here.
-- +goose StatementBegin
CREATE FUNCTION payable_orders_apply_claim() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('guest ' || NEW.owner_id, 0));
    NEW.owner_id := coalesce((SELECT user_id FROM guest_claims WHERE guest_id = NEW.owner_id), NEW.owner_id);
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER payable_orders_apply_claim BEFORE INSERT ON payable_orders
    FOR EACH ROW EXECUTE FUNCTION payable_orders_apply_claim();
