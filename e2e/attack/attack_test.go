package attack

import (
	"fmt"
	"hash/fnv"
	"testing"
)

// TestOthersAreServedDuringAnAttack runs the attacks one after the other against
// one system. Each comes from an address of its own, so that none finds the
// exhausted limits of another.
func TestOthersAreServedDuringAnAttack(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a whole system")
	}
	s := start(t)
	for _, a := range []struct {
		name string
		run  func(*testing.T, *system, *client)
	}{
		{"requests that never arrive", neverArrive},
		{"HTTP/2 streams that never arrive", neverArriveOverHTTP2},
		{"compressed requests", compressed},
		{"requests that are refused", refused},
		{"subscriptions of many guests", subscribe},
		{"stock that many guests hold", hoard},
	} {
		t.Run(a.name, func(t *testing.T) { a.run(t, s, s.client(t, addressOf(a.name))) })
	}
}

// addressOf is a loopback address for each attack.
func addressOf(name string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	sum := h.Sum32()
	return fmt.Sprintf("127.%d.%d.%d", 1+sum%200, sum>>8%250, 1+sum>>16%250)
}
