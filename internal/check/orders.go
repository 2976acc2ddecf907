package check

// orders are the invariants of the purchase's own state.
func orders() []invariant {
	const role, group, all = "order", "orders", "SELECT count(*) FROM orders"
	return []invariant{
		within(role, group, "a checkout has one order at most", all, `
			SELECT checkout_id, format('%s orders', count(*)) FROM orders GROUP BY 1 HAVING count(*) > 1`),
		within(role, group, "a cart is sold once at most", "SELECT count(*) FROM checkouts WHERE status = 'COMPLETED'", `
			SELECT occupied_cart_id, format('%s completed checkouts of version %s', count(*), cart_version) FROM checkouts
			WHERE status = 'COMPLETED' AND occupied_cart_id IS NOT NULL GROUP BY occupied_cart_id, cart_version HAVING count(*) > 1`),
		within(role, group, "an order's lines add up to it", all, `
			SELECT o.id, format('lines %s, subtotal %s', l.n, o.subtotal_minor)
			FROM orders o JOIN (SELECT order_id, sum(total_minor) AS n FROM order_lines GROUP BY 1) l ON l.order_id = o.id
			WHERE l.n <> o.subtotal_minor - o.discount_minor`),
		within(role, group, "an order's discounts add up to it", all, `
			SELECT o.id, format('discounts %s, on lines %s, discount %s', d.n, l.n, o.discount_minor)
			FROM orders o,
			     LATERAL (SELECT coalesce(sum((e->'amount'->>'Minor')::bigint), 0) AS n FROM jsonb_array_elements(o.discounts) e WHERE e->>'kind' <> 'FREE_SHIPPING') d,
			     LATERAL (SELECT coalesce(sum(discount_minor), 0) AS n FROM order_lines WHERE order_id = o.id) l
			WHERE d.n <> o.discount_minor OR l.n <> o.discount_minor`),
		// Uses from before a promotion had a limit have none.
		within(role, group, "no promotion is used more often than it can be", "SELECT count(DISTINCT promotion_id) FROM promotion_uses", `
			SELECT promotion_id, format('%s orders, limit %s', count(*), max(usage_limit)) FROM promotion_uses
			WHERE released_at IS NULL GROUP BY 1 HAVING bool_and(usage_limit IS NOT NULL) AND count(*) > max(usage_limit)`),
		within(role, group, "an order uses its promotions until it ends", "SELECT count(*) FROM promotion_uses", `
			SELECT u.order_id, format('%s is %s, released at %s', u.promotion_id, o.status, u.released_at)
			FROM promotion_uses u JOIN orders o ON o.id = u.order_id
			WHERE (o.status IN ('CANCELLED', 'EXPIRED')) <> (u.released_at IS NOT NULL)`),
		within(role, group, "a key places one order", "SELECT count(*) FROM idempotency_keys WHERE operation = 'orderPlace'", `
			SELECT reference, format('key %s of %s names no order', key, actor) FROM idempotency_keys
			WHERE operation = 'orderPlace' AND NOT EXISTS (SELECT FROM orders WHERE id = reference)`),
		within(role, group, "an order ends once, and never goes back", "SELECT count(*) FROM order_history", `
			WITH steps AS (
				SELECT order_id, status, stage, lag(status) OVER w AS status_before, lag(stage) OVER w AS stage_before
				FROM order_history WINDOW w AS (PARTITION BY order_id ORDER BY number))
			SELECT order_id, string_agg(format('%s/%s after %s/%s', status, stage, status_before, stage_before), '; ')
			FROM steps
			WHERE status <> status_before AND (status_before IN ('CANCELLED', 'EXPIRED') OR status = 'PENDING_PAYMENT')
			   OR array_position(ARRAY['PLACED', 'AUTHORIZED', 'STOCK_COMMITTED', 'CAPTURED'], stage)
			    < array_position(ARRAY['PLACED', 'AUTHORIZED', 'STOCK_COMMITTED', 'CAPTURED'], stage_before)
			GROUP BY order_id`),
		within(role, group, "an order's state is that of its history", all, `
			SELECT o.id, format('%s/%s, the history ends with %s/%s', o.status, o.stage, h.status, h.stage)
			FROM orders o JOIN (SELECT DISTINCT ON (order_id) order_id, status, stage FROM order_history ORDER BY order_id, number DESC) h
			  ON h.order_id = o.id
			WHERE h.status <> o.status`),
		within(role, group, "no purchase is stuck", "SELECT count(*) FROM orders WHERE status = 'PENDING_PAYMENT'", `
			SELECT o.id, format('%s since %s, due %s', o.stage, o.updated_at, c.due_at)
			FROM orders o JOIN checkouts c ON c.id = o.checkout_id
			WHERE o.status = 'PENDING_PAYMENT' AND o.updated_at < now() - interval '1 minute'
			  AND (o.stage <> 'PLACED' OR c.due_at IS NULL OR c.due_at < now() - interval '1 minute')`),
	}
}
