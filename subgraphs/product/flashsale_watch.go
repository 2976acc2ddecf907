package product

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/wakeup"
	"cartograph/subgraphs/product/db"
)

const (
	// tickInterval bounds how often a watcher of a sale is sent its figures, and how
	// often they are read for all watchers together.
	tickInterval = 250 * time.Millisecond
	// tickAtLeast is how often it is sent without a change, so that clocks agree.
	tickAtLeast = 15 * time.Second
	// boundaryDelay is how long after its start and end a sale is read: the schedule
	// changes the prices then.
	boundaryDelay = 2 * scheduleInterval
)

// saleHub notifies the watchers of sales. Figures are read once for all watchers of a
// sale, however many a crowd they are.
type saleHub struct {
	mu    sync.Mutex
	sales map[string]*watchedSale
}

type watchedSale struct {
	watchers map[*wakeup.Signal]struct{}
	stale    atomic.Bool // last was read before a change
	reading  sync.Mutex
	read     time.Time  // of last and err
	last     *FlashSale // nil if it is not visible any more
	err      error      // of the last read
}

func newSaleHub() *saleHub { return &saleHub{sales: map[string]*watchedSale{}} }

func (h *saleHub) join(saleID string) (w *watchedSale, changed *wakeup.Signal, leave func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if w = h.sales[saleID]; w == nil {
		w = &watchedSale{watchers: map[*wakeup.Signal]struct{}{}}
		h.sales[saleID] = w
	}
	changed = wakeup.New()
	w.watchers[changed] = struct{}{}
	return w, changed, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(w.watchers, changed)
		if len(w.watchers) == 0 {
			delete(h.sales, saleID)
		}
	}
}

// watched reports whether a sale has watchers.
func (h *saleHub) watched(saleID string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sales[saleID] != nil
}

func (h *saleHub) notify(saleID string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if w := h.sales[saleID]; w != nil {
		w.stale.Store(true)
		for signal := range w.watchers {
			signal.Notify()
		}
	}
}

// saleChanged notifies the watchers of a sale in this process.
func (s *Service) saleChanged(saleID string) { s.sales.notify(saleID) }

// notifySaleWatchers notifies a sale's watchers after its figures are stored: every
// replica receives the event, and the one that consumes it may be later.
func (s *Service) notifySaleWatchers(ctx context.Context, e event.Envelope) {
	saleID := e.Subject
	if e.Type == event.Type[event.FlashSaleClaimed]() {
		claimed, err := event.Decode[event.FlashSaleClaimed](e)
		if err != nil || !s.sales.watched(claimed.SaleID) {
			return
		}
		if err := s.Handle(ctx, e); err != nil {
			s.log.WarnContext(ctx, "notify flash sale watchers failed", "sale_id", claimed.SaleID, "err", err)
			return
		}
		saleID = claimed.SaleID
	}
	s.sales.notify(saleID)
}

// FlashSaleTicks sends a sale: first as it is, then whenever its figures or its status
// change, and every 15 seconds. It ends with the sale or with ctx.
func (s *Service) FlashSaleTicks(ctx context.Context, saleID string) (<-chan *FlashSale, error) {
	byID, err := s.FlashSalesByID(ctx, []string{saleID})
	if err != nil {
		return nil, err
	}
	first := byID[saleID]
	if first == nil {
		return nil, fault.Localized(fault.NotFound, "sale.unknown").At("flashSaleId")
	}
	w, changed, leave := s.sales.join(saleID)
	ticks := make(chan *FlashSale)
	go func() { // ends with ctx, which the subscription's end cancels
		defer close(ticks)
		defer leave()
		for sale := first; sale != nil; {
			select {
			case ticks <- sale:
			case <-ctx.Done():
				return
			}
			if sale.Status == SaleEnded {
				return
			}
			sale = s.nextTick(ctx, w, changed, sale)
		}
	}()
	return ticks, nil
}

// nextTick waits and returns what is sent after a sale: nil if ctx has ended, or the sale
// is not visible any more. What cannot be read is read again after a pause.
func (s *Service) nextTick(ctx context.Context, w *watchedSale, changed *wakeup.Signal, sale *FlashSale) *FlashSale {
	for waitForTick(ctx, changed, sale) {
		next, err := s.tick(ctx, w, sale.ID)
		if err == nil {
			return next
		}
		changed.Notify()
	}
	return nil
}

// waitForTick returns when the sale is to be sent again, or false when ctx has ended.
func waitForTick(ctx context.Context, changed *wakeup.Signal, sale *FlashSale) bool {
	pause := time.NewTimer(tickInterval)
	defer pause.Stop()
	select {
	case <-pause.C:
	case <-ctx.Done():
		return false
	}
	wait := tickAtLeast
	for _, boundary := range []time.Time{sale.StartsAt, sale.EndsAt} {
		if left := boundary.Sub(sale.ServerTime) + boundaryDelay; left > 0 {
			wait = min(wait, left)
		}
	}
	again := time.NewTimer(wait)
	defer again.Stop()
	select {
	case <-changed.C():
	case <-again.C:
	case <-ctx.Done():
		return false
	}
	return true
}

// tick is the present state of a sale as everyone sees it; nil if it is not visible. All
// watchers share a read, also one that failed.
func (s *Service) tick(ctx context.Context, w *watchedSale, saleID string) (*FlashSale, error) {
	w.reading.Lock()
	defer w.reading.Unlock()
	if recent := tickInterval/2 - time.Since(w.read); recent > 0 {
		if !w.stale.Load() {
			return w.last, w.err
		}
		select {
		case <-time.After(recent):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	w.stale.Store(false)
	rows, err := db.New(s.pool).FlashSales(ctx, db.Reader{}, []string{saleID})
	if ctx.Err() != nil { // the end of this watcher is no failure for the others
		w.stale.Store(true)
		return nil, ctx.Err()
	}
	w.read, w.last, w.err = time.Now(), nil, err
	switch {
	case err != nil:
		s.log.WarnContext(ctx, "send flash sale failed", "sale_id", saleID, "err", err)
	case len(rows) > 0:
		w.last = flashSaleOf(rows[0])
	}
	return w.last, w.err
}
