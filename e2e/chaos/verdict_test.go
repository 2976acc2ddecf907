//go:build linux

package chaos

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// checkPurchases fails the test unless every customer has an end that is true, and was mailed,
// so many purchases were confirmed, and cartograph check finds nothing.
func checkPurchases(t *testing.T, s *shop, purchases []*purchase, confirmed int) {
	t.Helper()
	if out, err := s.check(t.Context(), settleLimit.String()); err != nil {
		t.Errorf("cartograph check: %v\n%s", err, out)
	}
	type row struct{ ID, CheckoutID, Status string }
	orders, byCheckout := map[string]row{}, map[string][]row{}
	for _, o := range query(t, s, "order", pgx.RowToStructByName[row], "SELECT id, checkout_id, status FROM orders") {
		orders[o.ID] = o
		byCheckout[o.CheckoutID] = append(byCheckout[o.CheckoutID], o)
	}
	deadline := time.Now().Add(mailLimit)
	ends := map[string]int{}
	twice := 0
	for _, p := range purchases {
		end, _, _ := strings.Cut(p.outcome, ":")
		ends[end]++
		switch {
		case p.err != nil:
			t.Errorf("%s: %v", p, p.err)
		case p.orderID == "":
			for _, o := range byCheckout[p.checkoutID] {
				if o.Status == "CONFIRMED" {
					t.Errorf("%s, but there is the confirmed order %s", p, o.ID)
				}
			}
		case orders[p.orderID].Status != p.outcome:
			t.Errorf("%s, but the order is %q", p, orders[p.orderID].Status)
		}
		if len(byCheckout[p.checkoutID]) > 1 {
			t.Errorf("%s has %d orders", p, len(byCheckout[p.checkoutID]))
		}
		if slices.Contains(p.seen, "CONFIRMED") {
			twice += s.mailed(t, p, deadline)
		}
		delete(orders, p.orderID)
	}
	for _, o := range orders {
		t.Errorf("order %s is %s, and the customer was not informed", o.ID, o.Status)
	}
	slowest := slices.MaxFunc(purchases, func(a, b *purchase) int { return cmp.Compare(a.took, b.took) })
	t.Logf("%d purchases ended: %v; %d mails of confirmations arrived again; the slowest took %s: %s",
		len(purchases), ends, twice, slowest.took.Round(time.Millisecond), slowest)
	if n := ends["CONFIRMED"]; n < confirmed {
		t.Errorf("%d of %d purchases were confirmed, want %d at least: the shop did not work", n, len(purchases), confirmed)
	}
}

// mailLimit is longer than the lease of a mail whose sender died.
const mailLimit = 40 * time.Second

// confirmations are the Message-IDs of the mails that confirm a purchase's order, one
// for each arrival.
func (s *shop) confirmations(p *purchase) []string {
	return s.mailbox.about(func(m sent) bool {
		return m.to == p.email() && strings.Contains(m.subject, p.orderNo) && strings.Contains(m.subject, "is confirmed")
	})
}

// mailed fails the test unless the confirmation of a purchase arrived, and each time
// as the same mail. It returns how often it arrived again.
func (s *shop) mailed(t *testing.T, p *purchase, deadline time.Time) (again int) {
	t.Helper()
	ids := s.confirmations(p)
	for !time.Now().After(deadline) && len(ids) == 0 {
		time.Sleep(50 * time.Millisecond) // between two looks
		ids = s.confirmations(p)
	}
	if len(ids) == 0 {
		t.Errorf("%s: no mail of its confirmation arrived", p)
		return 0
	}
	again = len(ids) - 1
	slices.Sort(ids)
	if distinct := slices.Compact(ids); len(distinct) > 1 {
		t.Errorf("%s: its confirmation has the Message-IDs %v", p, distinct)
	}
	return again
}
