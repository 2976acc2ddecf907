-- +goose Up
-- Addresses without an account that get no more mails about a topic. Only a keyed hash
-- is stored: who reads the table has no addresses.
CREATE TABLE unsubscribes (
    address_hash bytea       NOT NULL, -- HMAC-SHA256 under unsubscribe_key
    topic        text        NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (address_hash, topic),
    CONSTRAINT unsubscribes_are_hashes CHECK (length(address_hash) = 32)
);

-- Signs the links that end mails, and hashes addresses. The first replica makes it.
CREATE TABLE unsubscribe_key (
    singleton bool  PRIMARY KEY DEFAULT true,
    key       bytea NOT NULL,
    CONSTRAINT unsubscribe_key_is_one  CHECK (singleton),
    CONSTRAINT unsubscribe_key_is_long CHECK (length(key) = 32)
);
