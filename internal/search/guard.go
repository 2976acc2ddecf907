package search

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sony/gobreaker/v2"
)

const (
	guardTimeout  = 1500 * time.Millisecond // of one search; leaves time for the fallback
	writeTimeout  = 10 * time.Second        // of one write, which may have a thousand documents
	guardFailures = 3                       // in succession, until requests are no longer sent
	guardPause    = 5 * time.Second         // until one is sent again
)

// BehindError reports that the fallback has what was written, and the index may not.
type BehindError struct{ Reason error }

func (e *BehindError) Error() string { return "only the fallback has it: " + e.Reason.Error() }

// Unwrap is the reason.
func (e *BehindError) Unwrap() error { return e.Reason }

// Guarded is a Searcher on another machine, which may be away. After some failures
// no search waits for it until it responds again. While it is away, searches run on
// the fallback, or fail with ErrUnavailable if there is none.
//
// Writes have a circuit of their own: one that takes long says nothing about searches.
type Guarded struct {
	index    Searcher
	fallback Searcher
	searches *gobreaker.CircuitBreaker[any]
	writes   *gobreaker.CircuitBreaker[any]
}

var _ Searcher = (*Guarded)(nil)

// NewGuarded guards index. With a fallback, which may be nil, every document is
// written to both.
func NewGuarded(index, fallback Searcher, stateChanged func(circuit, from, to string)) *Guarded {
	return &Guarded{index, fallback, newBreaker("searches", stateChanged), newBreaker("writes", stateChanged)}
}

func newBreaker(name string, stateChanged func(circuit, from, to string)) *gobreaker.CircuitBreaker[any] {
	return gobreaker.NewCircuitBreaker[any](gobreaker.Settings{
		Name: name, Timeout: guardPause, MaxRequests: 1,
		ReadyToTrip:  func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= guardFailures },
		IsSuccessful: func(err error) bool { return !errors.Is(err, ErrUnavailable) },
		// The end of a caller's request is no response of the index: as a success it would
		// end a row of failures, and close the circuit again.
		IsExcluded: func(err error) bool {
			return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
		},
		OnStateChange: func(name string, from, to gobreaker.State) { stateChanged(name, from.String(), to.String()) },
	})
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
	err := within(ctx, g.searches, guardTimeout, func(ctx context.Context) (err error) {
		result, err = run(ctx, g.index)
		return err
	})
	if errors.Is(err, ErrUnavailable) && g.fallback != nil && ctx.Err() == nil {
		return run(ctx, g.fallback)
	}
	return result, err
}

// within sends a request unless the circuit is open. It is ErrUnavailable if there is no
// response in time.
func within(ctx context.Context, circuit *gobreaker.CircuitBreaker[any], timeout time.Duration, send func(context.Context) error) error {
	_, err := circuit.Execute(func() (any, error) {
		bounded, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		err := send(bounded)
		if err != nil && bounded.Err() != nil && ctx.Err() == nil {
			err = fmt.Errorf("%w: no response within %s", ErrUnavailable, timeout)
		}
		return nil, err
	})
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		err = fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

// Upsert writes documents to the fallback and to the index. A *BehindError means that the
// fallback has them, a *RefusedError alone that both have all others.
func (g *Guarded) Upsert(ctx context.Context, documents ...Document) error {
	return g.write(ctx, func(ctx context.Context, s Searcher) error { return s.Upsert(ctx, documents...) })
}

// Delete removes documents from the fallback and from the index. A *BehindError means that
// the fallback no longer has them.
func (g *Guarded) Delete(ctx context.Context, deletions ...Deletion) error {
	return g.write(ctx, func(ctx context.Context, s Searcher) error { return s.Delete(ctx, deletions...) })
}

func (g *Guarded) write(ctx context.Context, write func(context.Context, Searcher) error) error {
	var err error
	if g.fallback != nil {
		err = write(ctx, g.fallback)
	}
	written := within(ctx, g.writes, writeTimeout, func(ctx context.Context) error { return write(ctx, g.index) })
	_, refused := errors.AsType[*RefusedError](written)
	switch {
	case err != nil && (written == nil || refused):
		return err
	case err != nil:
		return errors.Join(err, written)
	case written == nil || refused || g.fallback == nil:
		return written
	}
	return &BehindError{written}
}
