package inbox

import "sync"

// generation is how many events a process foresees before it begins to forget
// the older ones: some minutes of a busy shop.
const generation = 8192

// Foreseen are events that will come and ask for nothing, because a call did
// what they ask for and that is committed. The first of each costs no
// statement then.
//
// They are kept in memory only, and forgotten after a while: an event that is
// not foreseen is handled, and finds out by itself that there is nothing to
// do. A later event that asks the same again, because somebody did not hear
// the outcome, is handled too. The zero Foreseen is ready to use.
type Foreseen struct {
	mu         sync.Mutex
	young, old map[string]int // how often each name was noted and has not come
}

// Note says that an event of each name will come.
func (f *Foreseen) Note(names ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, name := range names {
		if f.young == nil || len(f.young) == generation {
			f.young, f.old = map[string]int{}, f.young
		}
		f.young[name]++
	}
}

// Take reports whether an event of this name was foreseen and has not come.
func (f *Foreseen) Take(name string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, noted := range []map[string]int{f.old, f.young} {
		switch noted[name] {
		case 0:
			continue
		case 1:
			delete(noted, name)
		default:
			noted[name]--
		}
		return true
	}
	return false
}
