package outbox

import (
	"testing"

	"cartograph/internal/wakeup"
)

// A relay that is not woken finds events by polling, so that only this test
// notices it.
func TestTheEndOfOneRelayLeavesTheOthersSubscribed(t *testing.T) {
	t.Parallel()
	o := New(nil)
	first, unsubscribe := o.subscribe()
	second, _ := o.subscribe()
	o.Notify()
	if !pending(first) || !pending(second) {
		t.Error("a commit did not wake both relays")
	}
	unsubscribe()
	o.Notify()
	if pending(first) || !pending(second) {
		t.Error("a commit did not wake the second relay alone")
	}
}

func pending(s *wakeup.Signal) bool {
	select {
	case <-s.C():
		return true
	default:
		return false
	}
}
