package product

import (
	"context"
	"maps"
	"slices"
	"sync"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/kafka"
)

// hub wakes those who watch variants. A watcher that is slow misses no
// variant, only states of it that were already over. Other than hub.Hub, it
// says which variants changed: only these are read and pushed.
type hub struct {
	mu       sync.Mutex
	watchers map[*watcher]struct{}
}

type watcher struct {
	wanted  map[string]bool
	mu      sync.Mutex
	changed map[string]bool
	wake    chan struct{}
}

func newHub() *hub { return &hub{watchers: map[*watcher]struct{}{}} }

func (h *hub) join(variantIDs []string) (w *watcher, leave func()) {
	w = &watcher{wanted: map[string]bool{}, changed: map[string]bool{}, wake: make(chan struct{}, 1)}
	for _, id := range variantIDs {
		w.wanted[id] = true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.watchers[w] = struct{}{}
	return w, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.watchers, w)
	}
}

// interested are those who watch the variant.
func (h *hub) interested(variantID string) []*watcher {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []*watcher
	for w := range h.watchers {
		if w.wanted[variantID] {
			all = append(all, w)
		}
	}
	return all
}

func (w *watcher) tell(variantID string) {
	w.mu.Lock()
	w.changed[variantID] = true
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default: // awake already
	}
}

func (w *watcher) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	ids := slices.Sorted(maps.Keys(w.changed))
	clear(w.changed)
	return ids
}

// RunWatch feeds AvailabilityChanged from stock's events until ctx ends.
func (s *Service) RunWatch(ctx context.Context, brokers []string) error {
	return kafka.Watch(ctx, brokers, []event.Topic{event.InventoryLevels}, s.log, func(e event.Envelope) { s.see(ctx, e) })
}

// see tells watchers of a change, once a read would show it.
func (s *Service) see(ctx context.Context, e event.Envelope) {
	watchers := s.watch.interested(e.Subject)
	if len(watchers) == 0 {
		return
	}
	if err := s.Handle(ctx, e); err != nil {
		s.log.WarnContext(ctx, "watchers are not told", "variant_id", e.Subject, "err", err)
		return
	}
	for _, w := range watchers {
		w.tell(e.Subject)
	}
}

// AvailabilityChanged gives a variant whenever what can be bought of it
// changed, until ctx ends.
func (s *Service) AvailabilityChanged(ctx context.Context, variantIDs []string) (<-chan *Variant, error) {
	if len(variantIDs) == 0 || len(variantIDs) > MaxIDs {
		return nil, fault.New(fault.Invalid, "1 to %d variants can be watched.", MaxIDs)
	}
	w, leave := s.watch.join(variantIDs)
	changes := make(chan *Variant)
	go func() { // ends with ctx, which the subscription's end cancels
		defer close(changes)
		defer leave()
		for {
			select {
			case <-ctx.Done():
				return
			case <-w.wake:
			}
			if !s.push(ctx, w.take(), changes) {
				return
			}
		}
	}()
	return changes, nil
}

func (s *Service) push(ctx context.Context, ids []string, changes chan<- *Variant) bool {
	variants, err := s.VariantsByID(ctx, ids)
	if err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "push availability", "err", err)
	}
	for _, id := range ids {
		if variants[id] == nil {
			continue
		}
		select {
		case changes <- variants[id]:
		case <-ctx.Done():
			return false
		}
	}
	return ctx.Err() == nil
}
