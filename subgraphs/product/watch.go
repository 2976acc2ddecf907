package product

import (
	"context"
	"maps"
	"slices"
	"sync"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/kafka"
	"cartograph/internal/message"
	"cartograph/internal/wakeup"
)

// hub notifies watchers of changed variants. A slow watcher skips intermediate
// states of a variant, never a variant. Unlike hub.Hub, it passes on which
// variants changed: only these are read and sent.
type hub struct {
	mu       sync.Mutex
	watchers map[*watcher]struct{}
}

type watcher struct {
	watched map[string]bool
	pending *wakeup.Signal // changed is not empty
	mu      sync.Mutex
	changed map[string]bool
}

func newHub() *hub { return &hub{watchers: map[*watcher]struct{}{}} }

func (h *hub) join(variantIDs []string) (w *watcher, leave func()) {
	w = &watcher{watched: map[string]bool{}, changed: map[string]bool{}, pending: wakeup.New()}
	for _, id := range variantIDs {
		w.watched[id] = true
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

// watching are the watchers of the variant.
func (h *hub) watching(variantID string) []*watcher {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []*watcher
	for w := range h.watchers {
		if w.watched[variantID] {
			all = append(all, w)
		}
	}
	return all
}

func (w *watcher) notify(variantID string) {
	w.mu.Lock()
	w.changed[variantID] = true
	w.mu.Unlock()
	w.pending.Notify()
}

func (w *watcher) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	ids := slices.Sorted(maps.Keys(w.changed))
	clear(w.changed)
	return ids
}

// RunWatch feeds AvailabilityChanged from Inventory's events and from those of
// products, until ctx ends.
func (s *Service) RunWatch(ctx context.Context, brokers []string) error {
	return kafka.Watch(ctx, brokers, []event.Topic{event.InventoryLevels, event.Products}, s.log, func(e event.Envelope) { s.notifyWatchers(ctx, e) })
}

// notifyWatchers notifies a variant's watchers after the event is stored: every
// replica receives it, and the one that consumes it may be later.
func (s *Service) notifyWatchers(ctx context.Context, e event.Envelope) {
	switch e.Type {
	case event.Type[event.ProductChanged](), event.Type[event.ProductPublished]():
		s.notifyWatchersOfProduct(ctx, e)
		return
	case event.Type[event.FlashSaleChanged](), event.Type[event.FlashSaleClaimed]():
		s.notifySaleWatchers(ctx, e)
		return
	}
	watchers := s.watch.watching(e.Subject)
	if len(watchers) == 0 {
		return
	}
	if err := s.Handle(ctx, e); err != nil {
		s.log.WarnContext(ctx, "notify availability watchers failed", "variant_id", e.Subject, "err", err)
		return
	}
	for _, w := range watchers {
		w.notify(e.Subject)
	}
}

// notifyWatchersOfProduct notifies the watchers of all variants of a product: a price
// may have changed. Both events carry the same snapshot.
func (s *Service) notifyWatchersOfProduct(ctx context.Context, e event.Envelope) {
	changed, err := event.Decode[event.ProductChanged](e)
	if err != nil {
		s.log.WarnContext(ctx, "notify price watchers failed", "product_id", e.Subject, "err", err)
		return
	}
	for _, v := range changed.Variants {
		for _, w := range s.watch.watching(v.VariantID) {
			w.notify(v.VariantID)
		}
	}
}

// AvailabilityChanged sends a variant whenever its availability or price changes, until
// ctx ends.
func (s *Service) AvailabilityChanged(ctx context.Context, variantIDs []string) (<-chan *Variant, error) {
	if len(variantIDs) == 0 || len(variantIDs) > MaxIDs {
		return nil, fault.Localized(fault.Invalid, "product.watch_limit", message.Args{"limit": MaxIDs})
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
			case <-w.pending.C():
			}
			if !s.sendVariants(ctx, w.take(), changes) {
				return
			}
		}
	}()
	return changes, nil
}

func (s *Service) sendVariants(ctx context.Context, ids []string, changes chan<- *Variant) bool {
	variants, err := s.VariantsByID(ctx, ids)
	if err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "send availability failed", "err", err)
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
