// Package hub tells the subscriptions of this process that something they
// watch has changed.
//
// A notice carries nothing but its key: whoever is told reads the present
// state. Notices that come faster than they are read become one.
package hub

import "sync"

// Hub passes notices about keys. The zero Hub is ready to use.
type Hub[K comparable] struct {
	mu       sync.Mutex
	watchers map[K]map[chan struct{}]struct{}
}

// Watch returns a channel that receives after each Notify of one of the keys,
// and the function that ends it.
func (h *Hub[K]) Watch(keys ...K) (notices <-chan struct{}, stop func()) {
	watcher := make(chan struct{}, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.watchers == nil {
		h.watchers = map[K]map[chan struct{}]struct{}{}
	}
	for _, key := range keys {
		if h.watchers[key] == nil {
			h.watchers[key] = map[chan struct{}]struct{}{}
		}
		h.watchers[key][watcher] = struct{}{}
	}
	return watcher, func() { h.unwatch(watcher, keys) }
}

func (h *Hub[K]) unwatch(watcher chan struct{}, keys []K) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, key := range keys {
		delete(h.watchers[key], watcher)
		if len(h.watchers[key]) == 0 {
			delete(h.watchers, key)
		}
	}
}

// Notify wakes everyone who watches one of the keys.
func (h *Hub[K]) Notify(keys ...K) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, key := range keys {
		for watcher := range h.watchers[key] {
			select {
			case watcher <- struct{}{}:
			default: // one is waiting to be read already
			}
		}
	}
}
