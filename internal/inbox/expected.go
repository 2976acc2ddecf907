package inbox

import "sync"

// generation is how many events a process expects before it drops the older
// ones: some minutes of a busy shop.
const generation = 8192

// Expected counts events that will come and need no handling, because a call
// has done, and committed, what they are for. Skipping the first of each saves
// its transaction.
//
// It is an optimisation and never decides correctness: it is in memory only
// and dropped after a while. An event that is not expected is handled, and its
// handler finds nothing to do. Each expectation skips one event, so that a
// repeated request, from a peer that did not receive the outcome, is handled
// and answered again. The zero Expected is ready to use.
//
// An expectation is added after the commit of the call. The event may arrive
// before that; it is handled then, and the expectation stays until it is
// dropped and skips a later event of the same name, which a retry by the
// peer repeats.
type Expected struct {
	mu         sync.Mutex
	young, old map[string]int // by name: expectations that no event has met
}

// Expect adds an expectation of one event for each of the names.
func (x *Expected) Expect(names ...string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, name := range names {
		if x.young == nil || len(x.young) == generation {
			x.young, x.old = map[string]int{}, x.young
		}
		x.young[name]++
	}
}

// Met reports whether an event of this name is expected, and removes one
// expectation of it.
func (x *Expected) Met(name string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, expected := range []map[string]int{x.old, x.young} {
		switch expected[name] {
		case 0:
			continue
		case 1:
			delete(expected, name)
		default:
			expected[name]--
		}
		return true
	}
	return false
}
