// Package hub notifies the subscriptions of this process of changes.
//
// A notification carries no data: its receiver reads the present state. So
// several notifications before a read are one, and Notify never blocks on a
// slow receiver. A receiver subscribes before it reads for the first time, so
// that no change falls in between.
package hub

import (
	"sync"

	"cartograph/internal/wakeup"
)

// Hub passes notifications about keys. It is safe for concurrent use; the zero
// Hub is ready to use.
type Hub[K comparable] struct {
	mu       sync.Mutex
	watchers map[K]map[*wakeup.Signal]struct{}
}

// Watch returns a channel that receives after Notify of any of the keys, and the
// function that ends it.
func (h *Hub[K]) Watch(keys ...K) (changed <-chan struct{}, stop func()) {
	watcher := wakeup.New()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.watchers == nil {
		h.watchers = map[K]map[*wakeup.Signal]struct{}{}
	}
	for _, key := range keys {
		if h.watchers[key] == nil {
			h.watchers[key] = map[*wakeup.Signal]struct{}{}
		}
		h.watchers[key][watcher] = struct{}{}
	}
	return watcher.C(), func() { h.unwatch(watcher, keys) }
}

func (h *Hub[K]) unwatch(watcher *wakeup.Signal, keys []K) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, key := range keys {
		delete(h.watchers[key], watcher)
		if len(h.watchers[key]) == 0 {
			delete(h.watchers, key)
		}
	}
}

// Notify notifies the watchers of each of the keys.
func (h *Hub[K]) Notify(keys ...K) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, key := range keys {
		for watcher := range h.watchers[key] {
			watcher.Notify()
		}
	}
}
