//go:build linux

package chaos

import (
	"syscall"
	"testing"
	"time"
)

// crash is a point where one process of a role ends, in a purchase that reaches it.
type crash struct {
	role, point string
	plan        string // of the purchase
}

// A type of event: committed, published and handled are steps of it.
func of(service, name string) string { return " com.cartograph." + service + "." + name + ".v1" }

// crashes are the steps of a purchase, in their order: whatever a process has just
// done, it ends before it does anything else.
func crashes() []crash {
	const pays, challenged, declined, cancelled = "pays", "approves 3-D Secure and closes the browser", "is declined, and takes another card", "cancels what is confirmed"
	return []crash{
		{"cart", "committed" + of("cart", "changed"), pays},
		{"order", "committed" + of("order", "checkoutOpened"), pays},
		{"inventory", "committed" + of("inventory", "holdPlaced"), pays},
		{"inventory", "published" + of("inventory", "holdPlaced"), pays},
		{"order", "handled" + of("inventory", "holdPlaced"), pays},
		{"order", "published" + of("order", "checkoutOpened"), pays},
		{"inventory", "handled" + of("order", "checkoutOpened"), pays},

		{"order", "committed" + of("order", "placed"), pays},
		{"order", "published" + of("order", "placed"), pays},
		{"payment", "handled" + of("order", "placed"), pays},
		{"payment", "committed" + of("payment", "created"), pays},
		{"gatewaysim", "gateway committed payments", pays},
		{"payment", "gateway answered AUTHORIZE", pays},
		{"payment", "committed" + of("payment", "authorized"), pays},
		{"payment", "published" + of("payment", "authorized"), pays},
		{"order", "handled" + of("payment", "authorized"), pays},

		{"order", "committed" + of("order", "stockCommitDue"), pays},
		{"inventory", "committed" + of("inventory", "holdCommitted"), pays},
		{"inventory", "handled" + of("order", "stockCommitDue"), pays},
		{"order", "handled" + of("inventory", "holdCommitted"), pays},
		{"order", "committed" + of("order", "captureDue"), pays},
		{"payment", "handled" + of("order", "captureDue"), pays},
		{"gatewaysim", "gateway committed capture", pays},
		{"payment", "gateway answered CAPTURE", pays},
		{"payment", "committed" + of("payment", "captured"), pays},
		{"order", "handled" + of("payment", "captured"), pays},

		{"order", "committed" + of("order", "confirmed"), pays},
		{"order", "published" + of("order", "confirmed"), pays},
		{"cart", "committed" + of("cart", "converted"), pays},
		{"cart", "handled" + of("order", "confirmed"), pays},
		{"notification", "handled" + of("order", "confirmed"), pays},
		{"notification", "mail sent", pays},

		{"payment", "committed" + of("payment", "actionRequired"), challenged},
		{"payment", "committed" + of("payment", "declined"), declined},
		{"order", "committed" + of("order", "paymentFailed"), declined},
		{"order", "committed" + of("order", "cancelled"), cancelled},
		{"inventory", "committed" + of("inventory", "stockReturned"), cancelled},
		{"gatewaysim", "gateway committed refunds", cancelled},
		{"payment", "committed" + of("payment", "refundSucceeded"), cancelled},
	}
}

// TestAPurchaseSurvivesACrashAfterEachOfItsSteps ends the only process of a role right
// after each step, once, and starts it again while the customer's program repeats what
// failed.
func TestAPurchaseSurvivesACrashAfterEachOfItsSteps(t *testing.T) {
	enabled(t)
	s := open(t, build(t, "crashpoints"), 1, "ORDER_HOLD_SECONDS="+holdSeconds)
	variants := s.variants(t)
	var purchases []*purchase
	for n, c := range crashes() {
		p := s.replicas[c.role][0]
		p.end(syscall.SIGTERM)
		s.arm(t, p, c.point)
		before := len(p.crashes())
		bought := &purchase{plan: planNamed(c.plan), number: n, variant: variants[0], client: &client{http: newHTTP(), url: s.url, tally: newTally()}}
		done := make(chan struct{})
		go func() {
			defer close(done)
			bought.run(t.Context())
		}()
		if !s.crashed(t, p, before, done) {
			t.Errorf("%s: %s does not reach %q", bought, c.role, c.point)
		}
		<-done
		t.Logf("%-12s %-60s %s after %s", c.role, c.point, bought.outcome, bought.took.Round(time.Millisecond))
		purchases = append(purchases, bought)
	}
	checkPurchases(t, s, purchases, len(purchases)/2)
}

// arm starts a process that is to crash at a point, in this life only. It may get
// there before it is ready, by what was left of the purchase before.
func (*shop) arm(t *testing.T, p *process, point string) {
	t.Helper()
	p.environment = []string{"CRASHPOINT=" + point}
	defer func() { p.environment = nil }()
	var err error
	for range 3 {
		if err = p.start(); err != nil {
			break
		}
		if err = p.await(t.Context()); err == nil {
			return
		}
	}
	t.Fatal(err)
}

// crashed waits until the process has crashed and starts it again; false if it has
// not, some time after the purchase was done.
func (*shop) crashed(t *testing.T, p *process, before int, done <-chan struct{}) bool {
	t.Helper()
	const after = 20 * time.Second // for what follows the customer's answer
	var late <-chan time.Time
	for {
		if len(p.crashes()) > before {
			if err := p.start(); err != nil {
				t.Fatal(err)
			}
			return true
		}
		select {
		case <-done:
			late, done = time.After(after), nil
		case <-late:
			return false
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func planNamed(name string) plan {
	for _, p := range plans() {
		if p.name == name {
			return p
		}
	}
	panic(name)
}
