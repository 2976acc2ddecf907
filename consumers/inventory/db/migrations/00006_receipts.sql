-- +goose Up
-- Deliveries that staff received. The ledger has an entry for each line, whose key is
-- the receipt's ID.
CREATE TABLE stock_receipts (
    id         text COLLATE "C" PRIMARY KEY, -- rcp_…, in the order of time
    seller_id  text COLLATE "C" NOT NULL,    -- who sees it beside the shop's staff; empty: nobody
    reference  text        NOT NULL,         -- of the delivery note
    actor      text        NOT NULL,
    lines      jsonb       NOT NULL,         -- [{"variantId", "quantity"}]
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT stock_receipts_each_reference_once UNIQUE (seller_id, reference),
    CONSTRAINT stock_receipts_have_lines CHECK (jsonb_array_length(lines) BETWEEN 1 AND 100)
);
CREATE INDEX stock_receipts_by_seller ON stock_receipts (seller_id, id);
