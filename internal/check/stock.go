package check

// stock are the invariants of inventory's books.
func stock() []invariant {
	const role, group, all = "inventory", "stock", "SELECT count(*) FROM stock"
	return []invariant{
		within(role, group, "no figure is negative", all, `
			SELECT variant_id, format('available %s, reserved %s, sold %s', available, reserved, sold)
			FROM stock WHERE available < 0 OR reserved < 0 OR sold < 0`),
		within(role, group, "available and reserved add up to what was received and not sold", all, `
			SELECT variant_id, format('available %s and reserved %s, the ledger has %s', available, reserved, coalesce(l.n, 0))
			FROM stock LEFT JOIN (SELECT variant_id, sum(delta) AS n FROM stock_ledger GROUP BY 1) l USING (variant_id)
			WHERE available + reserved <> coalesce(l.n, 0)`),
		within(role, group, "reserved is what is held", all, held("reserved", "HELD")),
		within(role, group, "sold is what committed holds held", all, held("sold", "COMMITTED")),
	}
}

func held(column, status string) string {
	return `SELECT variant_id, format('` + column + ` %s, holds have %s', ` + column + `, coalesce(h.n, 0))
		FROM stock LEFT JOIN (SELECT variant_id, sum(quantity) AS n FROM reservations JOIN holds USING (checkout_id)
		                      WHERE status = '` + status + `' GROUP BY 1) h USING (variant_id)
		WHERE ` + column + ` <> coalesce(h.n, 0)`
}
