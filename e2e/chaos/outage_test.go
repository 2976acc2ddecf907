//go:build linux

package chaos

import (
	"testing"
	"time"
)

// TestKafkaMayBeAwayForLongerThanAHold stops Kafka for three times as long as stock is
// held, and in the middle the roles that would have to be called instead, while
// purchases are under way: what they wait for ends before any event arrives.
func TestKafkaMayBeAwayForLongerThanAHold(t *testing.T) {
	enabled(t)
	seed := seed(t)
	t.Logf("CHAOS_SEED=%d", seed)
	s := open(t, build(t, ""), 1, "ORDER_HOLD_SECONDS=6")
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.strike(t.Context(), []fault{
			{2 * time.Second, "kill", "kafka", 18 * time.Second},
			{4 * time.Second, "kill all of", "inventory", 8 * time.Second},
			{9 * time.Second, "kill all of", "payment", 8 * time.Second},
		}, t.Logf)
	}()
	tally := newTally()
	purchases := s.sell(t.Context(), random(seed, buyerStream), 40, 500*time.Millisecond, s.variants(t), tally)
	<-done
	t.Logf("answers: %s", tally)
	checkPurchases(t, s, purchases, 1)
}
