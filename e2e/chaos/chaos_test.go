//go:build linux

package chaos

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	replicas = 2
	buyers   = 6 // who buy at the same time
	// holdSeconds is short, so that what customers leave ends within the test, and
	// longer than most outages.
	holdSeconds = "40"
	// settleLimit is how long a purchase may need after the last fault.
	settleLimit = 2 * time.Minute
)

// TestNothingIsLostOrDoubledUnderFaults is the whole: CHAOS_ORDERS purchases under
// CHAOS_FAULTS faults.
func TestNothingIsLostOrDoubledUnderFaults(t *testing.T) {
	enabled(t)
	seed, orders, faults := seed(t), number(t, "CHAOS_ORDERS", 60), number(t, "CHAOS_FAULTS", 10)
	every := time.Duration(number(t, "CHAOS_EVERY_MS", 4000)) * time.Millisecond
	t.Logf("CHAOS_SEED=%d CHAOS_ORDERS=%d CHAOS_FAULTS=%d", seed, orders, faults)
	began := time.Now()
	s := open(t, build(t, ""), replicas, "ORDER_HOLD_SECONDS="+holdSeconds)
	variants := s.variants(t)
	log := func(format string, args ...any) {
		t.Logf("%4.0fs "+format, append([]any{time.Since(began).Seconds()}, args...)...)
	}
	log("the shop is open: %d processes", len(s.processes()))

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var background sync.WaitGroup
	background.Go(func() { s.supervise(ctx, log) })
	defer background.Wait()
	defer cancel()

	done := make(chan struct{})
	list := schedule(random(seed, faultStream), faults, replicas, every)
	go func() {
		defer close(done)
		s.strike(ctx, list, log)
		log("all faults are mended")
	}()
	tally := newTally()
	purchases := s.sell(ctx, random(seed, buyerStream), orders, every*time.Duration(faults)/time.Duration(max(orders, 1)), variants, tally)
	<-done
	log("answers: %s", tally)
	for _, kind := range []string{"INTERNAL", "unreadable", "refused"} {
		if tally.counts[kind] > 0 {
			t.Errorf("%d answers are %s: %.1000s", tally.counts[kind], kind, tally.sample[kind])
		}
	}
	checkPurchases(t, s, purchases, orders/3)
	log("purchases are checked")
}

// variants are what is bought: three with a lot of stock, and one with five units, which
// sells out.
func (s *shop) variants(t *testing.T) []string {
	t.Helper()
	return append(
		query(t, s, "inventory", pgx.RowTo[string], "SELECT variant_id FROM stock ORDER BY available DESC, variant_id LIMIT 3"),
		query(t, s, "inventory", pgx.RowTo[string], "SELECT variant_id FROM stock WHERE available = 5 ORDER BY variant_id LIMIT 1")...)
}

// sell lets customers buy until there were so many purchases, and returns what they
// were shown. The next customer comes when a buyer is free, and not before the pace.
func (s *shop) sell(ctx context.Context, r *rand.Rand, orders int, pace time.Duration, variants []string, tally *tally) []*purchase {
	var purchases []*purchase
	for n := range orders {
		variant := variants[r.IntN(len(variants)-1)]
		if r.IntN(10) == 0 {
			variant = variants[len(variants)-1]
		}
		purchases = append(purchases, &purchase{
			plan: choose(r), number: n, variant: variant, client: &client{http: newHTTP(), url: s.url, tally: tally},
		})
	}
	queue := make(chan *purchase)
	var buying sync.WaitGroup
	for range buyers * 4 { // many wait for their order's end most of the time
		buying.Go(func() {
			for p := range queue {
				p.run(ctx)
			}
		})
	}
	tick := time.NewTicker(max(pace, time.Millisecond))
	defer tick.Stop()
	for _, p := range purchases {
		<-tick.C
		queue <- p
	}
	close(queue)
	buying.Wait()
	return purchases
}
