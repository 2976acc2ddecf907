package search

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sony/gobreaker/v2"
)

const (
	guardTimeout  = 1500 * time.Millisecond // of one request to the index; leaves time for the fallback
	guardFailures = 3                       // in succession, until requests are no longer sent
	guardPause    = 5 * time.Second         // until one is sent again
)

// Guarded is a Searcher on another machine, which may be away. After some failures
// no search waits for it until it responds again. While it is away, searches run on
// the fallback, or fail with ErrUnavailable if there is none.
type Guarded struct {
	index    Searcher
	fallback Searcher
	breaker  *gobreaker.CircuitBreaker[any]
}

var _ Searcher = (*Guarded)(nil)

// NewGuarded guards index. With a fallback, which may be nil, every document is
// written to both.
func NewGuarded(index, fallback Searcher, stateChanged func(from, to string)) *Guarded {
	return &Guarded{index, fallback, gobreaker.NewCircuitBreaker[any](gobreaker.Settings{
		Name: "search index", Timeout: guardPause, MaxRequests: 1,
		ReadyToTrip:  func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= guardFailures },
		IsSuccessful: func(err error) bool { return !errors.Is(err, ErrUnavailable) },
		// The end of a caller's request is no response of the index: as a success it would
		// end a row of failures, and close the circuit again.
		IsExcluded: func(err error) bool {
			return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
		},
		OnStateChange: func(_ string, from, to gobreaker.State) { stateChanged(from.String(), to.String()) },
	})}
}

// Search returns a page of hits of the index, or of the fallback.
func (g *Guarded) Search(ctx context.Context, q Query) (Result, error) {
	return guarded(ctx, g, func(ctx context.Context, s Searcher) (Result, error) {
		result, err := s.Search(ctx, q)
		result.Fallback = g.fallback != nil && s == g.fallback
		return result, err
	})
}

// Complete returns words with the prefix, the most frequent first.
func (g *Guarded) Complete(ctx context.Context, prefix string, limit int) ([]string, error) {
	return guarded(ctx, g, func(ctx context.Context, s Searcher) ([]string, error) { return s.Complete(ctx, prefix, limit) })
}

func guarded[T any](ctx context.Context, g *Guarded, run func(context.Context, Searcher) (T, error)) (T, error) {
	var result T
	_, err := g.breaker.Execute(func() (_ any, err error) {
		bounded, cancel := context.WithTimeout(ctx, guardTimeout)
		defer cancel()
		if result, err = run(bounded, g.index); err != nil && bounded.Err() != nil && ctx.Err() == nil {
			err = fmt.Errorf("%w: no response within %s", ErrUnavailable, guardTimeout)
		}
		return nil, err
	})
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		err = fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if errors.Is(err, ErrUnavailable) && g.fallback != nil && ctx.Err() == nil {
		return run(ctx, g.fallback)
	}
	return result, err
}

// Upsert writes documents to the fallback and to the index: an error means that one
// of them may not have them, a RefusedError alone that it has all others.
func (g *Guarded) Upsert(ctx context.Context, documents ...Document) error {
	return g.write(func(s Searcher) error { return s.Upsert(ctx, documents...) })
}

// Delete removes documents from the fallback and from the index.
func (g *Guarded) Delete(ctx context.Context, deletions ...Deletion) error {
	return g.write(func(s Searcher) error { return s.Delete(ctx, deletions...) })
}

func (g *Guarded) write(write func(Searcher) error) error {
	var err error
	if g.fallback != nil {
		err = write(g.fallback)
	}
	written := write(g.index)
	if _, refused := errors.AsType[*RefusedError](written); err == nil || refused {
		return cmp.Or(err, written)
	}
	return errors.Join(err, written)
}
