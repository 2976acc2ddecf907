package check

// sales are the invariants of flash sales.
func sales() []invariant {
	const role, group = "inventory", "sales"
	const items, claims = "SELECT count(*) FROM flash_sale_items", "SELECT count(*) FROM flash_sale_claims"
	return []invariant{
		within(role, group, "no more of a flash sale is held and sold than it allocates", items, `
			SELECT sale_id || '/' || variant_id, format('%s held and %s sold of %s', coalesce(held, 0), coalesce(sold, 0), allocated)
			FROM (SELECT i.sale_id, i.variant_id, i.allocated, sum(r.quantity) FILTER (WHERE h.status = 'HELD') AS held,
			             sum(r.quantity) FILTER (WHERE h.status = 'COMMITTED') AS sold
			      FROM flash_sale_items i JOIN reservations r ON r.flash_sale_id = i.sale_id AND r.variant_id = i.variant_id
			      JOIN holds h USING (checkout_id) GROUP BY 1, 2, 3) AS s
			WHERE coalesce(held, 0) + coalesce(sold, 0) > allocated`),
		within(role, group, "what is claimed of a flash sale is what holds have at its price", items, `
			SELECT i.sale_id || '/' || i.variant_id, format('%s held and %s sold, holds have %s and %s', i.held, i.sold, coalesce(h.held, 0), coalesce(h.sold, 0))
			FROM flash_sale_items i LEFT JOIN (
			    SELECT r.flash_sale_id AS sale_id, r.variant_id, sum(r.quantity) FILTER (WHERE h.status = 'HELD') AS held,
			           sum(r.quantity) FILTER (WHERE h.status = 'COMMITTED') AS sold
			    FROM reservations r JOIN holds h USING (checkout_id) WHERE r.flash_sale_id IS NOT NULL GROUP BY 1, 2) h USING (sale_id, variant_id)
			WHERE i.held <> coalesce(h.held, 0) OR i.sold <> coalesce(h.sold, 0)`),
		within(role, group, "a customer has claimed of a flash sale what their holds have", claims, `
			SELECT c.sale_id || '/' || c.variant_id || '/' || c.holder, format('claimed %s, holds have %s', c.units, coalesce(h.units, 0))
			FROM flash_sale_claims c LEFT JOIN (
			    SELECT r.flash_sale_id AS sale_id, r.variant_id, h.holder, sum(r.quantity) AS units
			    FROM reservations r JOIN holds h USING (checkout_id)
			    WHERE r.flash_sale_id IS NOT NULL AND h.status IN ('HELD', 'COMMITTED') GROUP BY 1, 2, 3) h USING (sale_id, variant_id, holder)
			WHERE c.units <> coalesce(h.units, 0)`),
		between(group, "the catalogue shows what is claimed of flash sales",
			side{role: role, what: "claimed", query: `SELECT sale_id || '/' || variant_id, held || ' held, ' || sold || ' sold' FROM flash_sale_items`},
			side{role: "product", what: "shown", query: `SELECT sale_id || '/' || variant_id, held || ' held, ' || sold || ' sold' FROM flash_sale_items`}),
	}
}
