package plan

import (
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// cache is an LRU cache bounded in entries and in bytes. The second bound is
// needed because clients choose what is cached, and how large it is.
type cache[K comparable, V any] struct {
	mu       sync.Mutex
	lru      *simplelru.LRU[K, entry[V]]
	bytes    int // of all entries, as given to Add
	maxBytes int
}

type entry[V any] struct {
	value V
	bytes int
}

func newCache[K comparable, V any](entries, bytes int) (*cache[K, V], error) {
	c := &cache[K, V]{maxBytes: bytes}
	kept, err := simplelru.NewLRU(entries, func(_ K, gone entry[V]) { c.bytes -= gone.bytes })
	c.lru = kept
	return c, err
}

// Get returns a value and marks it as used.
func (c *cache[K, V]) Get(key K) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, ok := c.lru.Get(key)
	return found.value, ok
}

// Add caches a value, unless it is larger than an eighth of the cache: a single
// request must not evict most of the others. Replacing a key removes the old
// entry first, so that its bytes are subtracted by the eviction callback.
func (c *cache[K, V]) Add(key K, value V, bytes int) {
	if bytes > c.maxBytes/8 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lru.Remove(key)
	c.lru.Add(key, entry[V]{value, bytes})
	c.bytes += bytes
	for c.bytes > c.maxBytes {
		c.lru.RemoveOldest()
	}
}
