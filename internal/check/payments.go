package check

// payments are the invariants of payment's books.
func payments() []invariant {
	const role, group, all = "payment", "payments", "SELECT count(*) FROM payments"
	return []invariant{
		within(role, group, "every journal adds up to nothing", "SELECT count(*) FROM journals", `
			SELECT journal_id::text, format('adds up to %s %s', sum(amount_minor), currency)
			FROM postings GROUP BY journal_id, currency HAVING sum(amount_minor) <> 0`),
		within(role, group, "refunds are within what was captured, and that within what was authorised", all, `
			SELECT id, format('authorised %s, captured %s, refunded %s', authorized_minor, captured_minor, refunded_minor)
			FROM payments WHERE refunded_minor > captured_minor OR captured_minor > authorized_minor OR authorized_minor > amount_minor`),
		within(role, group, "the ledger has the amounts of payments", all, `
			SELECT p.id, format('authorised %s, captured %s, voided %s, refunded %s, disputed %s, %s by gift cards; receivable %s, clearing %s, refunds %s, disputes %s',
			       authorized_minor, captured_minor, voided_minor, refunded_minor, disputed_minor, gift_minor,
			       coalesce(l.receivable, 0), coalesce(l.clearing, 0), coalesce(l.refunds, 0), coalesce(l.disputes, 0))
			FROM payments p LEFT JOIN (
				SELECT payment_id, sum(amount_minor) FILTER (WHERE account = 'customer_receivable') AS receivable,
				       sum(amount_minor) FILTER (WHERE account = 'gateway_clearing') AS clearing,
				       sum(amount_minor) FILTER (WHERE account = 'refunds') AS refunds,
				       sum(amount_minor) FILTER (WHERE account IN ('disputed_funds', 'chargebacks')) AS disputes
				FROM journals JOIN postings ON journal_id = journals.id GROUP BY 1) l ON l.payment_id = p.id
			WHERE coalesce(l.receivable, 0) <> authorized_minor - captured_minor - voided_minor - CASE WHEN status = 'AUTHORIZED' THEN gift_minor ELSE 0 END
			   OR coalesce(l.clearing, 0) <> captured_minor - refunded_minor - disputed_minor - CASE WHEN captured_minor > 0 THEN gift_minor ELSE 0 END + gift_refunded_minor
			   OR coalesce(l.refunds, 0) <> refunded_minor OR coalesce(l.disputes, 0) <> disputed_minor`),
		within(role, group, "a payment has withdrawn what its disputes that are open or lost are about, and its status says so",
			"SELECT count(*) FROM payments WHERE status IN ('DISPUTED', 'CHARGED_BACK') OR disputed_minor <> 0", `
			SELECT p.id, format('%s with %s withdrawn; %s open, %s lost', p.status, p.disputed_minor, coalesce(d.open, 0), coalesce(d.lost, 0))
			FROM payments p LEFT JOIN (
				SELECT payment_id, sum(amount_minor) FILTER (WHERE status IN ('OPEN', 'UNDER_REVIEW')) AS open,
				       sum(amount_minor) FILTER (WHERE status IN ('LOST', 'ACCEPTED')) AS lost
				FROM disputes GROUP BY 1) d ON d.payment_id = p.id
			WHERE p.disputed_minor <> coalesce(d.open, 0) + coalesce(d.lost, 0)
			   OR (p.status = 'DISPUTED') <> (d.open IS NOT NULL)
			   OR (p.status = 'CHARGED_BACK') <> (d.open IS NULL AND d.lost IS NOT NULL)`),
		within(role, group, "an order has one live payment at most", all, `
			SELECT order_id, format('%s live payments', count(*)) FROM payments
			WHERE status NOT IN ('DECLINED', 'VOIDED', 'FAILED', 'REFUNDED') GROUP BY 1 HAVING count(*) > 1`),
		within(role, group, "an order is captured once at most", all, `
			SELECT order_id, format('%s captured payments', count(*)) FROM payments WHERE captured_minor > 0 GROUP BY 1 HAVING count(*) > 1`),
		within(role, group, "an operation has one outcome", "SELECT count(*) FROM attempts", `
			SELECT format('%s %s %s', payment_id, operation, number), format('%s outcomes', count(*)) FROM attempts
			WHERE outcome <> 'PENDING' GROUP BY payment_id, operation, number HAVING count(*) > 1`),
		within(role, group, "no operation is overdue", all, `
			SELECT id, format('%s is due since %s', pending_operation, due_at) FROM payments
			WHERE pending_operation <> 'NONE' AND status <> 'REQUIRES_ACTION' AND due_at < now() - interval '1 minute'`),
	}
}

// giftCards are the invariants of gift cards, which payment owns.
func giftCards() []invariant {
	const role, group, all = "payment", "gift cards", "SELECT count(*) FROM gift_cards"
	return []invariant{
		within(role, group, "a balance is that of its movements, and never negative", all, `
			SELECT g.id, format('balance %s, movements %s', g.balance_minor, coalesce(sum(m.amount_minor), 0))
			FROM gift_cards g LEFT JOIN gift_card_movements m ON m.card_id = g.id
			GROUP BY g.id HAVING g.balance_minor <> coalesce(sum(m.amount_minor), 0) OR g.balance_minor < 0`),
		within(role, group, "the ledger's liability is the sum of the balances", all, `
			SELECT currency, format('balances %s, liability %s', coalesce(balances, 0), coalesce(liability, 0))
			FROM (SELECT currency, sum(balance_minor) AS balances FROM gift_cards GROUP BY 1) g
			FULL JOIN (SELECT currency, -sum(amount_minor) AS liability FROM postings WHERE account = 'gift_card_liability' GROUP BY 1) l USING (currency)
			WHERE coalesce(balances, 0) <> coalesce(liability, 0)`),
		within(role, group, "what payments took from cards is reserved until it is captured or returned", "SELECT count(*) FROM payments WHERE gift_minor > 0", `
			SELECT p.id, format('%s with %s by gift cards, reserved %s', p.status, p.gift_minor, coalesce(l.reserved, 0))
			FROM payments p LEFT JOIN (
				SELECT payment_id, -sum(amount_minor) AS reserved FROM journals JOIN postings ON journal_id = journals.id
				WHERE account = 'gift_card_reserved' GROUP BY 1) l ON l.payment_id = p.id
			WHERE coalesce(l.reserved, 0) <> CASE WHEN status IN ('CREATED', 'PROCESSING', 'REQUIRES_ACTION', 'AUTHORIZED') THEN gift_minor ELSE 0 END`),
		within(role, group, "the parts of cards are those of their payments", "SELECT count(*) FROM payments WHERE gift_minor > 0", `
			SELECT p.id, format('%s by gift cards, %s refunded; parts %s, refunded %s, movements %s', p.gift_minor, p.gift_refunded_minor,
			       coalesce(c.amount, 0), coalesce(c.refunded, 0), coalesce(m.amount, 0))
			FROM payments p
			LEFT JOIN (SELECT payment_id, sum(amount_minor) AS amount, sum(refunded_minor) AS refunded FROM payment_gift_cards GROUP BY 1) c ON c.payment_id = p.id
			LEFT JOIN (SELECT payment_id, -sum(amount_minor) AS amount FROM gift_card_movements GROUP BY 1) m ON m.payment_id = p.id
			WHERE coalesce(c.amount, 0) <> p.gift_minor OR coalesce(c.refunded, 0) <> p.gift_refunded_minor
			   OR coalesce(m.amount, 0) <> CASE WHEN status IN ('DECLINED', 'VOIDED', 'FAILED') THEN 0 ELSE p.gift_minor - p.gift_refunded_minor END`),
	}
}
