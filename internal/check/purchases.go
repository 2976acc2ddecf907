package check

// sold is an order that was confirmed and has not ended, wherever its parcels are.
const sold = `status NOT IN ('PENDING_PAYMENT', 'CANCELLED', 'EXPIRED')`

// purchases are the invariants between order, payment and inventory.
func purchases() []invariant {
	const group = "purchases"
	return []invariant{
		between(group, "payment's copy of an order is the order's",
			side{role: "payment", what: "payment's checkout and total", query: `SELECT order_id, format('%s %s %s', checkout_id, amount_minor, currency) FROM payable_orders`},
			side{role: "order", what: "the order's", more: true, query: `SELECT id, format('%s %s %s', checkout_id, total_minor, currency) FROM orders`}),
		between(group, "what a confirmed order costs is captured",
			side{role: "order", what: "total", query: `SELECT id, format('%s %s', total_minor, currency) FROM orders WHERE confirmed_at IS NOT NULL`},
			side{role: "payment", what: "captured", more: true, query: `
				SELECT order_id, format('%s %s', sum(captured_minor), min(currency)) FROM payments GROUP BY 1 HAVING sum(captured_minor) > 0`}),
		between(group, "what is captured and not refunded is a confirmed order's",
			side{role: "payment", what: "the money's order", query: `
				SELECT order_id, 'CONFIRMED' FROM payments GROUP BY 1 HAVING sum(captured_minor - refunded_minor - refund_pending_minor) > 0`},
			side{role: "order", what: "the order", more: true, query: `SELECT id, CASE WHEN ` + sold + ` THEN 'CONFIRMED' ELSE status END FROM orders`}),
		between(group, "what a confirmed order sold is committed, and nothing else",
			side{role: "order", what: "the order", query: `SELECT checkout_id, 'confirmed' FROM orders WHERE ` + sold},
			side{role: "inventory", what: "the hold", query: `SELECT checkout_id, 'confirmed' FROM holds WHERE status = 'COMMITTED'`}),
		between(group, "an order's refunds are payment's",
			side{role: "order", what: "refunded", query: `SELECT id, refunded_minor::text FROM orders WHERE refunded_minor > 0`},
			side{role: "payment", what: "refunded", query: `
				SELECT order_id, sum(refunded_minor)::text FROM payments GROUP BY 1 HAVING sum(refunded_minor) > 0`}),
		between(group, "a cart's count of promotions is that of confirmed orders",
			side{role: "cart", what: "used", query: `SELECT id, used_count::text FROM promotions WHERE used_count > 0`},
			side{role: "order", what: "confirmed orders", query: `
				SELECT promotion_id, count(*)::text FROM promotion_uses u JOIN orders o ON o.id = u.order_id WHERE ` + sold + ` GROUP BY 1`}),
		between(group, "no stock is held for a purchase that has ended",
			side{role: "inventory", what: "the hold", query: `SELECT checkout_id, 'under way' FROM holds WHERE status = 'HELD'`},
			side{role: "order", what: "the checkout", more: true, query: `
				SELECT id, CASE WHEN status IN ('OPEN', 'PLACING') THEN 'under way' ELSE status END FROM checkouts`}),
		between(group, "no money is reserved for an order that has ended",
			side{role: "payment", what: "the payment", query: `
				SELECT order_id, 'PENDING_PAYMENT' FROM payments WHERE status IN ('AUTHORIZED', 'REQUIRES_ACTION')`},
			side{role: "order", what: "the order", more: true, query: `SELECT id, status FROM orders`}),
	}
}
