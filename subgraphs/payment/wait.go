package payment

import (
	"context"
	"sync"
	"time"

	"cartograph/internal/fault"
)

// look is how often one who waits looks for himself, for what another replica
// changed.
const look = 200 * time.Millisecond

// changes tells those who wait in this process that something changed.
type changes struct {
	mu      sync.Mutex
	waiting map[string]map[chan struct{}]struct{} // by id of what may change
}

func newChanges() *changes {
	return &changes{waiting: map[string]map[chan struct{}]struct{}{}}
}

// of returns a channel that receives after changes of id, and its end.
func (c *changes) of(id string) (<-chan struct{}, func()) {
	changed := make(chan struct{}, 1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting[id] == nil {
		c.waiting[id] = map[chan struct{}]struct{}{}
	}
	c.waiting[id][changed] = struct{}{}
	return changed, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if delete(c.waiting[id], changed); len(c.waiting[id]) == 0 {
			delete(c.waiting, id)
		}
	}
}

func (c *changes) tell(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for changed := range c.waiting[id] {
		select {
		case changed <- struct{}{}:
		default: // told already
		}
	}
}

// await reads a payment until it is as wished, at most for the given time.
// Then it is returned as it is.
func (s *Service) await(ctx context.Context, paymentID string, limit time.Duration, done func(Payment) bool) (p Payment, err error) {
	err = s.until(ctx, paymentID, limit, func(ctx context.Context) (bool, error) {
		found, err := s.PaymentsByID(ctx, Everyone, []string{paymentID})
		if err != nil {
			return false, err
		}
		if found[0] == nil {
			return false, fault.New(fault.NotFound, "There is no such payment.")
		}
		p = *found[0]
		return done(p), nil
	})
	return p, err
}

// until calls reached whenever id changed, until it says so, it fails, or the
// time is over.
func (s *Service) until(ctx context.Context, id string, limit time.Duration, reached func(context.Context) (bool, error)) error {
	changed, end := s.changes.of(id)
	defer end()
	over := time.NewTimer(limit)
	defer over.Stop()
	for {
		if done, err := reached(ctx); done || err != nil {
			return err
		}
		again := time.NewTimer(look)
		select {
		case <-changed:
		case <-again.C:
		case <-over.C:
			again.Stop()
			return nil
		case <-ctx.Done():
			again.Stop()
			return ctx.Err()
		}
		again.Stop()
	}
}
