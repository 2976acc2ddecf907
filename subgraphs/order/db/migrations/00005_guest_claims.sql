-- +goose Up
-- Guests who have become users: what is owned by the guest belongs to the user.
-- A claim is never undone.
CREATE TABLE guest_claims (
    guest_id text PRIMARY KEY,
    user_id  text NOT NULL
);
CREATE INDEX checkouts_of_owner ON checkouts (owner_id);
