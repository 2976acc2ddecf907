package check

// levels are the invariants of copies of stock.
func levels() []invariant {
	return []invariant{
		between("levels", "the catalogue shows the stock that is available",
			side{role: "inventory", what: "available", query: `SELECT variant_id, available::text FROM stock`},
			side{role: "product", what: "shown", query: `SELECT variant_id, available::text FROM availability`}),
	}
}
