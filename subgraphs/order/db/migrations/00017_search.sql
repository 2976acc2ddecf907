-- Staff find orders by any text in them, by status, date and amount.

-- +goose Up
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- What of an order is searched. It is no column of orders: those are updated with each
-- step of a purchase, and an update that leaves indexed columns alone is a cheap one.
CREATE TABLE order_texts (
    order_id text PRIMARY KEY REFERENCES orders ON DELETE CASCADE,
    goods    text NOT NULL, -- the number without its dash, the SKUs and the titles, in small letters
    customer text NOT NULL  -- the e-mail address and the names, in small letters
);
-- An order waits for few entries of others to be moved into the index, and a search reads few
-- that are not (kilobytes).
CREATE INDEX order_texts_goods ON order_texts USING gin (goods gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX order_texts_customer ON order_texts USING gin (customer gin_trgm_ops) WITH (gin_pending_list_limit = 256);

-- +goose StatementBegin
CREATE FUNCTION order_customer_text(o orders) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT lower(concat_ws(E'\n', o.email, o.shipping_address->>'name', o.shipping_address->>'company',
                                  o.billing_address->>'name', o.billing_address->>'company'))
$$;
CREATE FUNCTION order_goods_text(o orders) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT lower(concat_ws(E'\n', replace(o.number, '-', ''), string_agg(concat_ws(E'\n', l.sku, l.title), E'\n' ORDER BY l.position)))
    FROM order_lines l WHERE l.order_id = o.id
$$;
CREATE FUNCTION write_order_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO order_texts (order_id, goods, customer) VALUES (NEW.id, order_goods_text(NEW), order_customer_text(NEW));
    RETURN NULL;
END $$;
CREATE FUNCTION change_order_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE order_texts SET customer = order_customer_text(NEW) WHERE order_id = NEW.id;
    RETURN NULL;
END $$;
-- +goose StatementEnd
-- By triggers, so that the text is complete whichever version or statement writes the order.
-- The first one fires at the end of the statement, which has written the lines as well.
CREATE TRIGGER orders_write_text AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION write_order_text();
CREATE TRIGGER orders_change_text AFTER UPDATE OF email, shipping_address, billing_address ON orders FOR EACH ROW
    WHEN ((OLD.email, OLD.shipping_address, OLD.billing_address) IS DISTINCT FROM (NEW.email, NEW.shipping_address, NEW.billing_address))
    EXECUTE FUNCTION change_order_text();
INSERT INTO order_texts (order_id, goods, customer) SELECT o.id, order_goods_text(o), order_customer_text(o) FROM orders o;

-- Each has the sort key after its column, so that a page of a status is a range.
CREATE INDEX orders_by_placed ON orders (placed_at, id);
CREATE INDEX orders_by_total ON orders (currency, (-total_minor), id);
CREATE INDEX orders_by_status ON orders (status, placed_at, id);
CREATE INDEX orders_by_payment_status ON orders (payment_status, placed_at, id);
CREATE INDEX orders_by_fulfillment_status ON orders (fulfillment_status, placed_at, id);
CREATE INDEX order_lines_by_sku ON order_lines (lower(sku), order_id);
