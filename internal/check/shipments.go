package check

// shipments are the invariants of the parcels of orders.
func shipments() []invariant {
	const role, group = "order", "shipments"
	return []invariant{
		within(role, group, "the units of a line are where its parcels are", "SELECT count(*) FROM order_lines", `
			SELECT l.id, format('%s/%s/%s packed, shipped and delivered, in parcels %s/%s/%s', l.packed_quantity, l.shipped_quantity, l.delivered_quantity, p.packed, p.shipped, p.delivered)
			FROM order_lines l, LATERAL (
				SELECT coalesce(sum(c.quantity) FILTER (WHERE s.status NOT IN ('CANCELLED', 'RETURNED_TO_SENDER')), 0) AS packed,
				       coalesce(sum(c.quantity) FILTER (WHERE s.status NOT IN ('CANCELLED', 'RETURNED_TO_SENDER', 'PENDING', 'LABEL_CREATED')), 0) AS shipped,
				       coalesce(sum(c.quantity) FILTER (WHERE s.status = 'DELIVERED'), 0) AS delivered
				FROM shipment_lines c JOIN shipments s ON s.id = c.shipment_id WHERE c.order_line_id = l.id) p
			WHERE (l.packed_quantity, l.shipped_quantity, l.delivered_quantity) <> (p.packed, p.shipped, p.delivered)`),
		within(role, group, "the status of a sold order is that of its lines", "SELECT count(*) FROM orders WHERE "+sold, `
			SELECT o.id, format('%s, and %s/%s/%s of %s packed, shipped and delivered', o.status, l.packed, l.shipped, l.delivered, l.ordered)
			FROM orders o, LATERAL (
				SELECT sum(quantity) AS ordered, sum(packed_quantity) AS packed, sum(shipped_quantity) AS shipped, sum(delivered_quantity) AS delivered
				FROM order_lines WHERE order_id = o.id) l
			WHERE o.`+sold+` AND o.status <> CASE
				WHEN l.delivered = l.ordered THEN 'DELIVERED' WHEN l.shipped = l.ordered THEN 'SHIPPED'
				WHEN l.shipped > 0 THEN 'PARTIALLY_SHIPPED' WHEN l.packed > 0 THEN 'PROCESSING' ELSE 'CONFIRMED' END`),
	}
}
