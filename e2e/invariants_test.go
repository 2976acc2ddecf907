package e2e

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/polltest"
)

// An invariant is a query of one database that must return no rows.
type invariant struct {
	name string
	sql  string
}

var stockInvariants = []invariant{
	{"no stock figure is below zero", `SELECT variant_id FROM stock WHERE available < 0 OR reserved < 0 OR sold < 0`},
	{"reserved is what live holds hold", `
		SELECT s.variant_id FROM stock s
		LEFT JOIN (SELECT r.variant_id, sum(r.quantity) AS n FROM reservations r JOIN holds h USING (checkout_id)
		           WHERE h.status = 'HELD' GROUP BY 1) held USING (variant_id)
		WHERE s.reserved <> coalesce(held.n, 0)`},
	{"sold is what committed holds held", `
		SELECT s.variant_id FROM stock s
		LEFT JOIN (SELECT r.variant_id, sum(r.quantity) AS n FROM reservations r JOIN holds h USING (checkout_id)
		           WHERE h.status = 'COMMITTED' GROUP BY 1) committed USING (variant_id)
		WHERE s.sold <> coalesce(committed.n, 0)`},
}

var paymentInvariants = []invariant{
	{"every journal sums to zero", `SELECT journal_id FROM postings GROUP BY journal_id, currency HAVING sum(amount_minor) <> 0`},
	{"refunded ≤ captured ≤ authorised", `SELECT id FROM payments WHERE refunded_minor > captured_minor OR captured_minor > authorized_minor`},
	{"at most one capture per order", `SELECT order_id FROM payments WHERE captured_minor > 0 GROUP BY order_id HAVING count(*) > 1`},
}

var orderInvariants = []invariant{
	{"one order per checkout", `SELECT checkout_id FROM orders GROUP BY checkout_id HAVING count(*) > 1`},
}

// checkInvariants waits until no purchase is in progress and then checks the
// invariants of each database and between them.
func checkInvariants(t *testing.T, s *system) {
	t.Helper()
	databases := map[string]*pgxpool.Pool{
		"inventory": pool(t, s.cfg.Inventory.DatabaseURL), "payment": pool(t, s.cfg.Payment.DatabaseURL), "order": pool(t, s.cfg.Order.DatabaseURL),
	}
	polltest.Eventually(t, "all events published", func() bool {
		for _, p := range databases {
			if one[int](t, p, "SELECT count(*)::int FROM outbox") > 0 {
				return false
			}
		}
		return true
	})
	for database, invariants := range map[string][]invariant{
		"inventory": stockInvariants, "payment": paymentInvariants, "order": orderInvariants,
	} {
		for _, i := range invariants {
			if found := texts(t, databases[database], i.sql); len(found) > 0 {
				t.Errorf("%s violates %q: %v", database, i.name, found)
			}
		}
		if n := one[int](t, databases[database], "SELECT count(*)::int FROM dead_letters"); n > 0 {
			t.Errorf("%s has %d dead letters, want none", database, n)
		}
	}
	checkConfirmed(t, databases)
}

// checkConfirmed compares the services: a confirmed order's stock is sold and
// its money captured, to the cent, and nothing else is.
func checkConfirmed(t *testing.T, databases map[string]*pgxpool.Pool) {
	t.Helper()
	confirmed := pairs(t, databases["order"], `SELECT checkout_id, total_minor FROM orders WHERE status = 'CONFIRMED'`)
	var captured map[string]int64
	polltest.Eventually(t, "captured what is confirmed, and no more", func() bool {
		captured = pairs(t, databases["payment"], `
			SELECT o.checkout_id, sum(p.captured_minor - p.refunded_minor)::bigint FROM payments p JOIN payable_orders o USING (order_id)
			GROUP BY 1 HAVING sum(p.captured_minor - p.refunded_minor) > 0`)
		return same(confirmed, captured)
	})
	committed := pairs(t, databases["inventory"], `SELECT checkout_id, 1::bigint FROM holds WHERE status = 'COMMITTED'`)
	for checkout := range confirmed {
		if committed[checkout] == 0 {
			t.Errorf("checkout %s is confirmed and its stock is not sold", checkout)
		}
	}
	if len(committed) != len(confirmed) {
		t.Errorf("%d holds are sold for %d confirmed orders", len(committed), len(confirmed))
	}
}

func same(a, b map[string]int64) bool {
	if len(a) != len(b) {
		return false
	}
	for key, n := range a {
		if b[key] != n {
			return false
		}
	}
	return true
}

func texts(t testing.TB, p *pgxpool.Pool, sql string) []string {
	t.Helper()
	rows, err := p.Query(t.Context(), sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	defer rows.Close()
	var found []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		found = append(found, s)
	}
	return found
}

func pairs(t testing.TB, p *pgxpool.Pool, sql string) map[string]int64 {
	t.Helper()
	rows, err := p.Query(t.Context(), sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	defer rows.Close()
	found := map[string]int64{}
	for rows.Next() {
		var key string
		var n int64
		if err := rows.Scan(&key, &n); err != nil {
			t.Fatal(err)
		}
		found[key] = n
	}
	return found
}
