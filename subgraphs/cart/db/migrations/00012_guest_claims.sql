-- +goose Up
-- The guests that users were, so that an erasure finds what they had as guests.
CREATE TABLE guest_claims (
    guest_id text PRIMARY KEY,
    user_id  text NOT NULL
);
CREATE INDEX guest_claims_by_user ON guest_claims (user_id);

-- Claims from before, as far as carts were merged.
INSERT INTO guest_claims (guest_id, user_id)
SELECT g.owner_id, min(u.owner_id) FROM carts g JOIN carts u ON u.id = g.merged_into
WHERE g.owner_id LIKE 'gst\_%' AND u.owner_id LIKE 'usr\_%' GROUP BY g.owner_id;

-- Carts of an owner in every status: promotions and erasures look for them.
CREATE INDEX carts_of_owner ON carts (owner_id);
DROP INDEX carts_converted_of_owner;
