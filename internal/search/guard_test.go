package search_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"cartograph/internal/search"
)

// away is an index that fails until it is back.
type away struct {
	search.Searcher
	err      error
	searches int
}

func (a *away) Search(context.Context, search.Query) (search.Result, error) {
	a.searches++
	return search.Result{Total: 1}, a.err
}

func TestAnIndexThatIsAwayIsNotWaitedForBySearches(t *testing.T) {
	t.Parallel()
	index := &away{err: search.ErrUnavailable}
	g := search.NewGuarded(index, nil, func(string, string, string) {})
	for range 20 {
		if _, err := g.Search(t.Context(), search.Query{}); !errors.Is(err, search.ErrUnavailable) {
			t.Fatalf("Search = %v, want it unavailable", err)
		}
	}
	if index.searches != 3 {
		t.Errorf("%d searches reached the index, want 3", index.searches)
	}
}

func TestTheFallbackIsSearchedWhileTheIndexIsAway(t *testing.T) {
	t.Parallel()
	index, fallback := &away{err: search.ErrUnavailable}, &away{}
	g := search.NewGuarded(index, fallback, func(string, string, string) {})
	for range 5 {
		if result, err := g.Search(t.Context(), search.Query{}); err != nil || result.Total != 1 {
			t.Fatalf("Search = %+v, %v, want the fallback's result", result, err)
		}
	}
	if fallback.searches != 5 {
		t.Errorf("%d searches reached the fallback, want 5", fallback.searches)
	}
	index.err = errors.New("a bad query")
	if _, err := search.NewGuarded(index, fallback, func(string, string, string) {}).Search(t.Context(), search.Query{}); !errors.Is(err, index.err) {
		t.Errorf("Search = %v, want the index's own error: the fallback hides no bug", err)
	}
}

func TestACallerWhoLeavesNeitherOpensNorClosesTheCircuit(t *testing.T) {
	t.Parallel()
	index := &away{err: search.ErrUnavailable}
	g := search.NewGuarded(index, nil, func(string, string, string) {})
	for _, err := range []error{search.ErrUnavailable, search.ErrUnavailable, context.Canceled, search.ErrUnavailable, search.ErrUnavailable} {
		index.err = err
		_, _ = g.Search(t.Context(), search.Query{})
	}
	if index.searches != 4 {
		t.Errorf("%d searches reached the index, want 4: three failures in a row, and the one that was left", index.searches)
	}
}

// silent is an index that does not respond.
type silent struct {
	search.Searcher
	writes int
}

func (s *silent) Upsert(ctx context.Context, _ ...search.Document) error {
	s.writes++
	<-ctx.Done()
	return ctx.Err()
}

// stored is an index that accepts everything.
type stored struct {
	search.Searcher
	writes int
}

func (s *stored) Upsert(context.Context, ...search.Document) error { s.writes++; return nil }

func TestWritesDoNotWaitForAnIndexThatDoesNotRespond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		index, fallback := &silent{}, &stored{}
		g := search.NewGuarded(index, fallback, func(string, string, string) {})
		began := time.Now()
		for range 20 {
			err := g.Upsert(t.Context(), search.Document{})
			if _, behind := errors.AsType[*search.BehindError](err); !behind || !errors.Is(err, search.ErrUnavailable) {
				t.Fatalf("Upsert = %v, want that only the fallback has it", err)
			}
		}
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("20 writes took %s, want three timeouts", took)
		}
		if index.writes != 3 || fallback.writes != 20 {
			t.Errorf("%d writes reached the index and %d the fallback, want 3 and 20", index.writes, fallback.writes)
		}
		if _, err := g.Search(t.Context(), search.Query{}); err != nil {
			t.Errorf("Search = %v, want the circuit of searches closed", err)
		}
	})
}

func (s *silent) Search(context.Context, search.Query) (search.Result, error) {
	return search.Result{}, nil
}
