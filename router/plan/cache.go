package plan

import (
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// cache keeps what was used last, bounded in entries and in bytes: clients
// choose what is put into it, and how large that is.
type cache[K comparable, V any] struct {
	mu    sync.Mutex
	kept  *simplelru.LRU[K, weighed[V]]
	bytes int // of all that is kept
	most  int
}

type weighed[V any] struct {
	value V
	bytes int
}

func newCache[K comparable, V any](entries, bytes int) (*cache[K, V], error) {
	c := &cache[K, V]{most: bytes}
	kept, err := simplelru.NewLRU(entries, func(_ K, gone weighed[V]) { c.bytes -= gone.bytes })
	c.kept = kept
	return c, err
}

// Get finds a value and marks it as used.
func (c *cache[K, V]) Get(key K) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, ok := c.kept.Get(key)
	return found.value, ok
}

// Add keeps a value, unless it would crowd out most of the others.
func (c *cache[K, V]) Add(key K, value V, bytes int) {
	if bytes > c.most/8 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept.Remove(key)
	c.kept.Add(key, weighed[V]{value, bytes})
	c.bytes += bytes
	for c.bytes > c.most {
		c.kept.RemoveOldest()
	}
}
