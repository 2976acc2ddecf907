package auth

import (
	"sync"
	"time"
)

// recent keeps values by text until they expire, in a bounded number. Signing and
// checking a signature cost far more than a lookup, and a caller's requests within
// seconds carry the same token. It is safe for concurrent use.
type recent[T any] struct {
	mu           sync.Mutex
	young, older map[string]entry[T] // a full generation replaces the older one
}

type entry[T any] struct {
	value   T
	expires time.Time
}

// maxRecent bounds each of two generations to about two megabytes.
const maxRecent = 1024

func newRecent[T any]() *recent[T] { return &recent[T]{young: map[string]entry[T]{}} }

// find returns a value that has not expired. The key is not kept.
func (r *recent[T]) find(key []byte, now time.Time) (value T, found bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, found := r.young[string(key)]
	if !found {
		e, found = r.older[string(key)]
	}
	return e.value, found && now.Before(e.expires)
}

func (r *recent[T]) add(key string, value T, expires time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.young) >= maxRecent {
		r.young, r.older = map[string]entry[T]{}, r.young
	}
	r.young[key] = entry[T]{value, expires}
}
