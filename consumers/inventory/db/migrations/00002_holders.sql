-- Who holds, so that one visitor cannot hold the stock of all others.

-- +goose Up

-- The holder is whoever is accountable for the checkout, guest or customer; the
-- network is a guest's address (IPv6: its /64). Both are empty for holds that are
-- older than these columns, which no limit counts.
ALTER TABLE holds
    ADD COLUMN holder  text    NOT NULL DEFAULT '',
    ADD COLUMN network text    NOT NULL DEFAULT '',
    ADD COLUMN guest   boolean NOT NULL DEFAULT false;
CREATE INDEX holds_live_by_holder  ON holds (holder)  WHERE status = 'HELD';
CREATE INDEX holds_live_by_network ON holds (network) WHERE status = 'HELD';

-- The part of reserved that guests hold, counted with it under the same row lock.
ALTER TABLE stock
    ADD COLUMN guest_reserved bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT stock_guest_reserved_is_part_of_reserved CHECK (guest_reserved BETWEEN 0 AND reserved);
