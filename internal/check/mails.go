package check

// mails are the invariants of the mails to customers.
func mails() []invariant {
	const group = "mails"
	return []invariant{
		between(group, "a confirmed order has a mail",
			side{role: "order", what: "the order", query: `SELECT id, 'confirmed' FROM orders WHERE confirmed_at IS NOT NULL AND email IS NOT NULL`},
			side{role: "notification", what: "the mail", query: `SELECT subject_id, 'confirmed' FROM mails WHERE kind = 'ORDER_CONFIRMED'`}),
		within("notification", group, "there is one mail for each subject, kind and occasion", "SELECT count(*) FROM mails", `
			SELECT subject_id, format('%s mails %s', count(*), kind) FROM mails GROUP BY subject_id, kind, occasion HAVING count(*) > 1`),
	}
}
