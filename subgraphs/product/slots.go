package product

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/limiter"
	"cartograph/internal/message"
	"cartograph/internal/search"
)

// Searches are the dearest reads of the shop, and anonymous. They take slots, which
// clients share fairly: without that, a hundred and fifty dear searches from one
// address made all searches fail for nine seconds.
const (
	searchesPerClient = 64              // that wait; a page with its related products needs about twenty
	searchesWaiting   = 512             // of all clients
	searchWait        = 2 * time.Second // for a slot
	searchTime        = 3 * time.Second // then it is cancelled; less than the router waits
)

func newSearchSlots(concurrent int) *limiter.Fair {
	return limiter.NewFair(limiter.FairConfig{
		Concurrent: concurrent, QueuePerKey: searchesPerClient, Queue: searchesWaiting, Timeout: searchWait,
	})
}

// client is with whom the caller shares slots: a signed-in caller with no other, so
// that another client at the same address does not slow it down.
func client(ctx context.Context) string {
	caller := auth.From(ctx)
	if caller.SignedIn() && caller.ID != "" {
		return caller.ID
	}
	return caller.Network()
}

// search runs a query in a slot of the client.
func (s *Service) search(ctx context.Context, q search.Query) (search.Result, error) {
	return inSlot(ctx, s.searching, func(ctx context.Context) (search.Result, error) { return s.index.Search(ctx, q) })
}

// complete returns completions of a query, in a slot of the client.
func (s *Service) complete(ctx context.Context, prefix string, limit int) ([]string, error) {
	return inSlot(ctx, s.searching, func(ctx context.Context) ([]string, error) { return s.index.Complete(ctx, prefix, limit) })
}

func inSlot[T any](ctx context.Context, slots *limiter.Fair, read func(context.Context) (T, error)) (result T, err error) {
	if err := slots.Acquire(ctx, client(ctx)); errors.Is(err, limiter.ErrOverloaded) {
		return result, searchBusy()
	} else if err != nil {
		return result, fmt.Errorf("wait for a search slot: %w", err)
	}
	defer slots.Release()
	bounded, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	result, err = read(bounded)
	switch {
	case errors.Is(err, search.ErrUnavailable):
		err = searchUnavailable(err)
	case err != nil && ctx.Err() == nil && errors.Is(bounded.Err(), context.DeadlineExceeded):
		err = searchBusy()
	}
	return result, err
}

// searchBusy has the time to come back: by then the slots that are taken
// now are free.
func searchBusy() error {
	return fault.Localized(fault.RateLimited, "product.search_busy", message.Args{"count": int(searchTime / time.Second)}).RetryIn(searchTime)
}

// indexPause is when a search may succeed after the index was unavailable.
const indexPause = 5 * time.Second

// searchUnavailable has the cause in its chain, for the log.
func searchUnavailable(cause error) error {
	f := fault.Localized(fault.Unavailable, "product.search_unavailable").RetryIn(indexPause)
	return errors.Join(f, cause)
}
