package trail

// maxRows bounds what is read by one query.
const maxRows = 1000

// A record is a kind of rows: each has a time and a text, none of which names the
// customer. Queries have no end: LIMIT follows.
type record struct{ role, what, query string }

var records = []record{
	{"order", "checkout", `SELECT created_at, format('opened, %s %s', total_minor, currency) FROM checkouts WHERE id = @checkout`},
	{"order", "checkout", `SELECT updated_at, format('is %s, hold %s, version %s', status, hold_status, version) FROM checkouts WHERE id = @checkout`},
	{"order", "retry", `SELECT rescue_at, format('is due, the %s. one', rescues + 1) FROM checkouts WHERE id = @checkout AND rescue_at IS NOT NULL`},
	{"order", "order", `SELECT at, concat_ws(' ', kind, title, detail, amount_minor, amount_currency) || format(' by %s; %s, %s, %s', actor, status, stage, payment_status)
		FROM order_history WHERE order_id = @order ORDER BY number`},
	{"order", "shipment", `SELECT created_at, format('%s packed for %s', id, carrier) FROM shipments WHERE order_id = @order ORDER BY id`},
	{"order", "tracking", `SELECT e.received_at, format('%s %s of %s', s.id, e.status, to_char(e.at, 'YYYY-MM-DD HH24:MI:SS'))
		FROM tracking_events e JOIN shipments s ON s.id = e.shipment_id WHERE s.order_id = @order ORDER BY e.number`},
	{"order", "promotion", `SELECT released_at, format('use of %s released', promotion_id) FROM promotion_uses WHERE order_id = @order AND released_at IS NOT NULL`},

	{"inventory", "hold", `SELECT created_at, 'placed' FROM holds WHERE checkout_id = @checkout`},
	{"inventory", "hold", `SELECT updated_at, format('is %s', status) FROM holds WHERE checkout_id = @checkout`},
	{"inventory", "stock", `SELECT created_at, format('%s %s of %s', reason, delta, variant_id) FROM stock_ledger WHERE key = @checkout ORDER BY id`},

	{"payment", "order", `SELECT created_at, format('payable, %s %s', amount_minor, currency) FROM payable_orders WHERE order_id = @order`},
	{"payment", "order", `SELECT updated_at, format('is %s', status) FROM payable_orders WHERE order_id = @order`},
	{"payment", "attempt", `SELECT a.at, concat_ws(' ', a.operation, a.number, a.outcome, a.amount_minor, a.currency, 'by', a.source, nullif(a.message, ''))
		FROM attempts a JOIN payments p ON p.id = a.payment_id WHERE p.order_id = @order ORDER BY a.id`},
	{"payment", "operation", `SELECT due_at, format('%s of %s is due', pending_operation, id)
		FROM payments WHERE order_id = @order AND pending_operation <> 'NONE' AND due_at IS NOT NULL ORDER BY id`},
	{"payment", "refund", `SELECT r.created_at, format('%s requested, %s %s', r.id, r.amount_minor, p.currency)
		FROM refunds r JOIN payments p ON p.id = r.payment_id WHERE p.order_id = @order ORDER BY r.id`},
	{"payment", "refund", `SELECT r.settled_at, concat_ws(' ', r.id, r.status, nullif(r.failure, ''))
		FROM refunds r JOIN payments p ON p.id = r.payment_id WHERE p.order_id = @order AND r.settled_at IS NOT NULL ORDER BY r.id`},
	{"payment", "ledger", `SELECT j.at, format('%s %s of %s', j.kind, (SELECT max(amount_minor) FROM postings WHERE journal_id = j.id AND amount_minor > 0), j.payment_id)
		FROM journals j JOIN payments p ON p.id = j.payment_id WHERE p.order_id = @order ORDER BY j.id`},
	{"payment", "webhook", `SELECT w.received_at, format('%s of %s received', w.type, w.provider)
		FROM webhook_events w WHERE w.payment_id = ANY (@payments) ORDER BY w.received_at`},

	{"gatewaysim", "payment", `SELECT created_at, format('%s %s, %s %s', id, status, amount_minor, currency) FROM payments WHERE reference = ANY (@payments) ORDER BY id`},
	{"gatewaysim", "refund", `SELECT r.created_at, format('%s of %s', r.id, r.amount_minor)
		FROM refunds r JOIN payments p ON p.id = r.payment_id WHERE p.reference = ANY (@payments) ORDER BY r.id`},
	{"gatewaysim", "webhook", `SELECT coalesce(d.delivered_at, d.due_at), concat_ws(' ', e.type, CASE WHEN d.delivered_at IS NULL THEN 'is due' ELSE 'delivered' END, nullif(d.last_error, ''))
		FROM webhook_deliveries d JOIN webhook_events e ON e.id = d.event_id JOIN payments p ON p.id = e.payment_id
		WHERE p.reference = ANY (@payments) ORDER BY d.id`},

	{"shipping", "parcel", `SELECT created_at, format('%s requested of %s', shipment_id, carrier) FROM parcels WHERE checkout_id = @checkout ORDER BY shipment_id`},
	{"shipping", "parcel", `SELECT due_at, concat_ws(' ', shipment_id, status, 'next request is due', nullif(last_error, ''))
		FROM parcels WHERE checkout_id = @checkout AND due_at IS NOT NULL ORDER BY shipment_id`},
	{"shipping", "report", `SELECT r.received_at, format('%s of %s', r.report_id, r.shipment_id)
		FROM reports r JOIN parcels p ON p.shipment_id = r.shipment_id WHERE p.checkout_id = @checkout ORDER BY r.received_at`},

	{"notification", "mail", `SELECT created_at, format('%s enqueued', kind) FROM mails WHERE subject_id = @order ORDER BY created_at`},
	{"notification", "mail", `SELECT coalesce(sent_at, due_at), concat_ws(' ', kind, status, nullif(last_error, '')) FROM mails WHERE subject_id = @order ORDER BY created_at`},

	{"webhook", "delivery", `SELECT coalesce(ended_at, due_at), concat_ws(' ', event_type, 'to', endpoint_id, status, nullif(response_status, 0))
		FROM deliveries WHERE subject = ANY (@ids) AND NOT test ORDER BY position`},

	{"order", "outbox", outbox},
	{"inventory", "outbox", outbox},
	{"payment", "outbox", outbox},
	{"cart", "outbox", outbox},
	{"shipping", "outbox", outbox},
}

const outbox = `SELECT created_at, format('%s %s is not published', type, sequence) FROM outbox WHERE subject = ANY (@ids) ORDER BY id`
