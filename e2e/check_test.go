package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"cartograph/internal/embedded"
	"cartograph/internal/event"
	"cartograph/internal/kafka"
)

// broken makes rows violate every invariant. Constraints and triggers, which
// refuse most of this, are dropped first.
var broken = map[string][]string{
	"inventory": {
		"ALTER TABLE stock DROP CONSTRAINT stock_available_is_never_negative",
		"UPDATE stock SET available = -1 WHERE variant_id = (SELECT min(variant_id) FROM stock)",
		"UPDATE stock SET reserved = reserved + 1, sold = sold + 1 WHERE variant_id = (SELECT max(variant_id) FROM stock)",
		"INSERT INTO holds (checkout_id, status, expires_at) VALUES ('chk_lost', 'HELD', now() + interval '1 hour'), ('chk_free', 'COMMITTED', now())",
		"INSERT INTO reservations (checkout_id, variant_id, quantity, flash_sale_id) VALUES ('chk_lost', 'var_none', 2, 'fls_1')",
		"INSERT INTO flash_sale_items (variant_id, sale_id, currency, allocated, max_per_customer) VALUES ('var_none', 'fls_1', 'USD', 1, 1)",
		"INSERT INTO flash_sale_claims (variant_id, holder, sale_id, units) VALUES ('var_none', 'usr_1', 'fls_1', 1)",
	},
	"payment": {
		"ALTER TABLE payments DROP CONSTRAINT payments_refunds_within_captured, DROP CONSTRAINT payments_captured_within_authorized",
		"DROP INDEX payments_one_live",
		"ALTER TABLE attempts DROP CONSTRAINT attempts_decided_once",
		"INSERT INTO attempts (payment_id, operation, number, outcome, amount_minor, currency, source) SELECT payment_id, operation, number, outcome, amount_minor, currency, source FROM attempts",
		"UPDATE postings SET amount_minor = amount_minor + 1 WHERE account = 'sales'",
		"ALTER TABLE payments RENAME COLUMN leased_until TO leased", // or a worker would mend it
		`INSERT INTO payments (id, order_id, status, amount_minor, currency, authorized_minor, captured_minor, refunded_minor, token, pending_operation, due_at, leased, gateway_id)
		 SELECT 'pay_twice', order_id, 'CAPTURED', amount_minor, currency, amount_minor, amount_minor, amount_minor + 1, 'tok_ok', 'CAPTURE',
		        now() - interval '1 hour', now() + interval '1 hour', 'gw_unknown' FROM payments LIMIT 1`,
		"INSERT INTO payable_lines (order_line_id, order_id, quantity, paid_minor, refunded_units, refunded_minor) SELECT 'oln_1', order_id, 1, 5, 1, 5 FROM payable_orders LIMIT 1",
		"INSERT INTO refunds (id, payment_id, number, amount_minor, status, reason) SELECT 'ref_lines', id, 99, 7, 'SUCCEEDED', 'RETURN' FROM payments LIMIT 1",
		"INSERT INTO refund_lines (refund_id, order_line_id, units, amount_minor) VALUES ('ref_lines', 'oln_1', 1, 3)",
		"INSERT INTO payable_orders (order_id, checkout_id, owner_id, number, amount_minor, currency) VALUES ('ord_free', 'chk_free', 'usr_1', 'free', 100, 'USD')",
		`INSERT INTO payments (id, order_id, status, amount_minor, currency, authorized_minor, captured_minor, refunded_minor, token)
		 VALUES ('pay_free', 'ord_free', 'CAPTURED', 100, 'USD', 100, 100, 1, 'tok_ok'), ('pay_left', 'ord_free', 'AUTHORIZED', 100, 'USD', 100, 0, 0, 'tok_ok')`,
		"UPDATE payments SET disputed_minor = 1 WHERE id = 'pay_left'", // that nobody disputes
		`INSERT INTO disputes (id, payment_id, number, gateway_id, status, amount_minor, reason, opened_at)
		 VALUES ('dsp_lost', 'pay_free', 1, 'dp_unknown', 'OPEN', 1, 'fraudulent', now())`,
		"DROP TRIGGER gift_cards_balance ON gift_cards",
		"INSERT INTO gift_cards (id, currency, issued_minor, balance_minor, last_characters) VALUES ('gft_lost', 'USD', 100, 100, 'ABCD')",
		"UPDATE payments SET gift_minor = 1 WHERE id = 'pay_left'", // that no card paid
	},
	"order": {
		"ALTER TABLE orders DROP CONSTRAINT orders_one_per_checkout, DROP CONSTRAINT orders_number_unique",
		`INSERT INTO orders SELECT (jsonb_populate_record(o, '{"id": "ord_twice", "status": "PENDING_PAYMENT", "stage": "AUTHORIZED", "confirmed_at": null}')).* FROM orders o LIMIT 1`,
		"UPDATE orders SET updated_at = now() - interval '1 hour', refunded_minor = 1 WHERE id = 'ord_twice'",
		"UPDATE order_lines SET quantity = quantity + 1, total_minor = total_minor + unit_minor",
		"UPDATE order_lines SET packed_quantity = 1",
		"ALTER TABLE order_lines DROP CONSTRAINT order_lines_return_at_most_what_was_delivered",
		"UPDATE order_lines SET returning_quantity = 1, refunded_quantity = 1, refunded_minor = 1",
		`INSERT INTO returns (id, order_id, status, refund_id, created_at, updated_at, received_at)
		 SELECT r.id, o.id, r.status, r.refund_id, now(), now() - interval '1 hour', now()
		 FROM (VALUES ('ret_lost', 'REFUNDED', 'ref_lost'), ('ret_waits', 'RECEIVED', 'ref_waits')) AS r (id, status, refund_id), (SELECT id FROM orders LIMIT 1) AS o`,
		`INSERT INTO return_lines (return_id, order_line_id, quantity, reason, received, condition, restocked, refunded, refund_minor)
		 SELECT 'ret_lost', id, 1, 'OTHER', 1, 'NEW', true, true, 5 FROM order_lines LIMIT 1`,
		`INSERT INTO checkouts SELECT (jsonb_populate_record(c, '{"id": "chk_twice"}')).* FROM checkouts c WHERE status = 'COMPLETED' LIMIT 1`,
		`INSERT INTO order_history (order_id, at, kind, title, actor, status, stage, payment_status)
		 SELECT order_id, now(), 'PAYMENT', 'back', 'SYSTEM', 'PENDING_PAYMENT', 'PLACED', 'UNPAID' FROM order_history LIMIT 1`,
		`UPDATE orders SET discounts = '[{"kind": "PERCENTAGE", "amount": {"Minor": 5}}]' WHERE id = 'ord_twice'`,
		"INSERT INTO promotion_uses (order_id, promotion_id, usage_limit) SELECT id, 'prm_taken', 1 FROM orders",
		"INSERT INTO promotion_uses (order_id, promotion_id, released_at) VALUES ('ord_twice', 'prm_back', now())",
		"UPDATE idempotency_keys SET reference = 'ord_none' WHERE operation = 'orderPlace'",
		`INSERT INTO dead_letters (consumer, topic, partition, kafka_offset, value, error, attempts, first_failed_at) VALUES ('order', 't', 0, 0, 'x', 'broken', 1, now())`,
		`INSERT INTO outbox (event_id, topic, subject, type, sequence, data, created_at) VALUES ('evt_stuck', 'nosuch.events.v1', 'ord_1', 't', 9, '{}', now() - interval '1 hour')`,
	},
	"notification": {
		"ALTER TABLE mails DROP CONSTRAINT mails_one_per_subject_kind_occasion",
		`INSERT INTO mails (id, subject_id, kind, content) VALUES ('m1', 'ord_none', 'ORDER_CONFIRMED', '{}'), ('m2', 'ord_none', 'ORDER_CONFIRMED', '{}')`,
	},
	"gatewaysim": {
		`INSERT INTO payments (id, reference, token, status, currency, amount_minor, authorized_minor)
		 VALUES ('gw_left', 'pay_gone', 'tok_ok', 'authorized', 'USD', 100, 100), ('gw_left2', 'pay_gone', 'tok_ok', 'authorized', 'USD', 100, 100)`,
	},
}

// skipANumber publishes two events of a subject, the second with a number that
// does not follow.
func skipANumber(t *testing.T, s *system) {
	t.Helper()
	broker, running := embedded.RunningKafka(t.Context(), filepath.Join(s.cfg.DataDir, "kafka"))
	if !running {
		t.Fatal("no Kafka runs in the data folder")
	}
	client, err := kafka.NewClient([]string{broker})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, number := range []int64{1, 3} {
		value, err := json.Marshal(event.Envelope{SpecVersion: "1.0", ID: fmt.Sprint("evt_", number), Type: "t", Subject: "chk_gap", Sequence: number, Data: []byte("{}")})
		if err != nil {
			t.Fatal(err)
		}
		if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: string(event.Orders), Key: []byte("chk_gap"), Value: value}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCheckFindsEveryBrokenInvariant(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.register(t, "cy")
	placed := c.place(t, c.checkout(t, c.add(t, s.buyable(t, 10), 2)), "tok_ok")
	c.await(t, placed.str("order.id"), "CONFIRMED")
	for name, r := range checked(t, s, 20*time.Second) {
		if len(r.Violations) > 0 || r.Checked == 0 && r.Skipped == "" && r.Group == "purchases" && strings.Contains(name, "costs") {
			t.Errorf("%s of a system in order: %+v", name, r)
		}
	}
	urls := map[string]string{
		"inventory": s.cfg.Inventory.DatabaseURL, "payment": s.cfg.Payment.DatabaseURL, "order": s.cfg.Order.DatabaseURL,
		"notification": s.cfg.Notification.DatabaseURL, "gatewaysim": s.cfg.GatewaySim.DatabaseURL,
	}
	for role, statements := range broken {
		// In one session, so that triggers stay off.
		statements = append([]string{"SET session_replication_role = replica"}, statements...)
		conn, err := pool(t, urls[role]).Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, statement := range statements {
			if _, err := conn.Exec(t.Context(), statement); err != nil {
				t.Errorf("%s: %s: %v", role, statement, err)
			}
		}
		conn.Release()
	}
	skipANumber(t, s)
	results := checked(t, s, 0)
	for _, name := range slices.Sorted(maps.Keys(results)) {
		if r := results[name]; r.Skipped == "" && len(r.Violations) == 0 {
			t.Errorf("%s is violated and was not found (%d checked)", name, r.Checked)
		}
	}
}
