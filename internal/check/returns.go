package check

import "slices"

// returns are the invariants of what customers send back, and of refunds by line.
func returns() []invariant {
	const group, lines = "returns", "SELECT count(*) FROM order_lines"
	return slices.Concat([]invariant{
		within("order", group, "no more of a line is returned than was delivered, and it is in returns", lines, `
			SELECT l.id, format('%s returning and %s returned of %s, in returns %s and %s', l.returning_quantity, l.returned_quantity, l.delivered_quantity, r.returning, r.returned)
			FROM order_lines l, LATERAL (
				SELECT coalesce(sum(c.quantity) FILTER (WHERE r.status IN ('REQUESTED', 'APPROVED', 'IN_TRANSIT')), 0) AS returning,
				       coalesce(sum(c.received) FILTER (WHERE r.status IN ('RECEIVED', 'REFUNDED', 'CLOSED')), 0) AS returned
				FROM return_lines c JOIN returns r ON r.id = c.return_id WHERE c.order_line_id = l.id) r
			WHERE (l.returning_quantity, l.returned_quantity) <> (r.returning, r.returned)
			   OR l.returning_quantity + l.returned_quantity > l.delivered_quantity`),
		within("payment", group, "no more is refunded of a line than was paid for it, and it is in refunds", "SELECT count(*) FROM payable_lines", `
			SELECT l.order_line_id, format('%s for %s of %s units refunded of %s, in refunds %s for %s', l.refunded_minor, l.refunded_units, l.quantity, l.paid_minor, r.minor, r.units)
			FROM payable_lines l, LATERAL (
				SELECT coalesce(sum(c.amount_minor), 0) AS minor, coalesce(sum(c.units), 0) AS units
				FROM refund_lines c JOIN refunds f ON f.id = c.refund_id WHERE c.order_line_id = l.order_line_id AND f.status <> 'FAILED') r
			WHERE (l.refunded_minor, l.refunded_units) <> (r.minor, r.units) OR l.refunded_minor > l.paid_minor`),
		within("payment", group, "a refund by line is the sum of its lines", "SELECT count(DISTINCT refund_id) FROM refund_lines", `
			SELECT r.id, format('%s, its lines %s', r.amount_minor, sum(l.amount_minor))
			FROM refunds r JOIN refund_lines l ON l.refund_id = r.id GROUP BY r.id HAVING sum(l.amount_minor) <> r.amount_minor`),
		within("order", group, "a return does not wait for its refund for ever", "SELECT count(*) FROM returns WHERE status = 'RECEIVED'", `
			SELECT id, format('received at %s', received_at) FROM returns
			WHERE status = 'RECEIVED' AND NOT refund_failed AND updated_at < now() - interval '10 minutes'`),
	}, []invariant{
		between(group, "a refunded return has its refund",
			side{role: "order", what: "the return", query: `
				SELECT r.refund_id, 'SUCCEEDED ' || sum(l.refund_minor) FROM returns r JOIN return_lines l ON l.return_id = r.id
				WHERE r.status = 'REFUNDED' GROUP BY 1`},
			side{role: "payment", what: "the refund", more: true, query: `SELECT id, status || ' ' || amount_minor FROM refunds`}),
		between(group, "an order's lines have what payment refunded for them",
			side{role: "order", what: "refunded", query: `SELECT id, refunded_quantity || ' units, ' || refunded_minor FROM order_lines WHERE refunded_quantity > 0`},
			side{role: "payment", what: "refunded", query: `
				SELECT l.order_line_id, sum(l.units) || ' units, ' || sum(l.amount_minor) FROM refund_lines l JOIN refunds r ON r.id = l.refund_id
				WHERE r.status = 'SUCCEEDED' GROUP BY 1`}),
		between(group, "what can be sold again is restocked, once",
			side{role: "order", what: "the return", query: `
				SELECT r.id || ' ' || o.variant_id, sum(l.received)::text
				FROM returns r JOIN return_lines l ON l.return_id = r.id JOIN order_lines o ON o.id = l.order_line_id
				WHERE r.received_at IS NOT NULL AND l.restocked AND l.received > 0 GROUP BY 1`},
			side{role: "inventory", what: "the stock ledger", query: `
				SELECT key || ' ' || variant_id, sum(delta)::text FROM stock_ledger WHERE reason = 'RETURNED' AND key LIKE 'ret\_%' GROUP BY 1`}),
	})
}
