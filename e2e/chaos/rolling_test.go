//go:build linux

package chaos

import (
	"context"
	"sync"
	"syscall"
	"testing"
	"time"

	"cartograph/app"
)

// TestARollingRestartFailsNoPurchase replaces one replica after another, as a
// deployment of the same version does, while customers buy. Load balancers connect to
// another replica where a connection is refused. A request that is sent at the very
// moment at which a server closes an idle connection is lost, as HTTP/1.1 has it: its
// client repeats it under the same key. Few are, and no purchase fails.
func TestARollingRestartFailsNoPurchase(t *testing.T) {
	enabled(t)
	s := open(t, build(t, ""), replicas)
	purchases, tally := s.sellDuring(t, func(p *process) {
		if took := p.end(syscall.SIGTERM); took > 5*time.Second {
			t.Errorf("%s ended %s after SIGTERM, want at most 5 s", p.name, took.Round(time.Millisecond))
		}
	})
	failed := 0
	for kind, n := range tally.counts {
		if kind != "answered" {
			failed += n
			t.Logf("%d operations failed: %s: %.600s", n, kind, tally.sample[kind])
		}
	}
	if answered := tally.counts["answered"]; failed*50 > answered {
		t.Errorf("%d operations failed and %d were answered, want at most one of 50 to fail", failed, answered)
	}
	s.checkAllConfirmed(t, purchases)
}

// TestEveryReplicaIsKilledWithoutALostPurchase kills each replica of each role in turn
// while customers buy, who repeat what failed under the same key. Every purchase is
// confirmed, once.
func TestEveryReplicaIsKilledWithoutALostPurchase(t *testing.T) {
	enabled(t)
	s := open(t, build(t, ""), replicas)
	purchases, _ := s.sellDuring(t, (*process).kill)
	s.checkAllConfirmed(t, purchases)
}

// sellDuring lets customers buy while end ends each replica of each role in turn, which
// is then started again. It returns what they bought.
func (s *shop) sellDuring(t *testing.T, end func(*process)) ([]*purchase, *tally) {
	t.Helper()
	variants := s.variants(t)[:3]
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	tally := newTally()
	var mu sync.Mutex
	var purchases []*purchase
	var buying sync.WaitGroup
	for b := range buyers {
		buying.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				p := &purchase{
					plan: plan{name: "pays", card: "tok_ok"}, number: b*100_000 + n, variant: variants[n%len(variants)],
					client: &client{http: newHTTP(), url: s.url, tally: tally},
				}
				p.run(t.Context()) //nolint:contextcheck // what was begun goes on after the stop
				mu.Lock()
				purchases = append(purchases, p)
				mu.Unlock()
			}
		})
	}
	for _, role := range app.Names() {
		for _, p := range s.replicas[role] {
			end(p)
			if err := p.start(); err != nil {
				t.Fatal(err)
			}
			if err := p.await(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	stop()
	buying.Wait()
	t.Logf("%d purchases: %s", len(purchases), tally)
	return purchases, tally
}

func (s *shop) checkAllConfirmed(t *testing.T, purchases []*purchase) {
	t.Helper()
	for _, p := range purchases {
		if p.outcome != "CONFIRMED" {
			t.Errorf("%s: %v", p, p.err)
		}
	}
	checkPurchases(t, s, purchases, len(purchases))
}
