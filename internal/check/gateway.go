package check

// gateway are the invariants between payment and the gateway. A real gateway has
// no database here: then they are left out.
func gateway() []invariant {
	const group = "gateway"
	return []invariant{
		between(group, "the gateway captured and refunded what payment has",
			side{role: "payment", what: "payment's captured/refunded", query: `
				SELECT gateway_id, format('%s/%s', captured_minor - gift_minor, refunded_minor - gift_refunded_minor) FROM payments WHERE gateway_id <> '' AND captured_minor > 0`},
			side{role: "gatewaysim", what: "the gateway's captured/refunded", query: `
				SELECT id, format('%s/%s', captured_minor, refunded_minor) FROM payments WHERE captured_minor > 0`}),
		between(group, "the gateway reserves money for live payments only",
			side{role: "gatewaysim", what: "the gateway's payment", query: `SELECT id, 'reserved' FROM payments WHERE status = 'authorized'`},
			side{role: "payment", what: "payment's", more: true, query: `
				SELECT gateway_id, CASE WHEN status IN ('VOIDED', 'DECLINED', 'FAILED') THEN status ELSE 'reserved' END FROM payments WHERE gateway_id <> ''`}),
		between(group, "payment's disputes are those of the gateway",
			side{role: "gatewaysim", what: "the gateway's dispute", query: `
				SELECT id, upper(status) FROM disputes`},
			side{role: "payment", what: "payment's", query: `
				SELECT gateway_id, CASE status WHEN 'ACCEPTED' THEN 'LOST' ELSE status END FROM disputes`}),
		within("gatewaysim", group, "a payment is authorised once", "SELECT count(*) FROM payments", `
			SELECT reference, format('%s authorisations', count(*)) FROM payments
			WHERE authorized_minor > 0 AND status <> 'voided' GROUP BY 1 HAVING count(*) > 1`),
	}
}
