package search

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/optional"
)

// Search runs one statement for the hits, and one more if anything is counted.
// A query in a currency that the index has no prices in runs in
// FallbackCurrency, so that price filters and cards agree.
func (s *Postgres) Search(ctx context.Context, q Query) (Result, error) {
	if !slices.Contains(s.currencies, q.Currency) {
		q.Currency = FallbackCurrency
	}
	searched := queryWords(q.Text)
	var result Result
	if len(searched) == 0 && strings.TrimSpace(q.Text) != "" {
		return result, nil // punctuation only: no document contains it
	}
	if q.First > 0 || q.More {
		if err := s.hits(ctx, q, searched, &result); err != nil {
			return Result{}, fmt.Errorf("search %q: %w", q.Text, err)
		}
	}
	if q.Total || q.Facets {
		if err := s.count(ctx, q, searched, &result); err != nil {
			return Result{}, fmt.Errorf("count hits of %q: %w", q.Text, err)
		}
	}
	return result, nil
}

// hitRow is one row of the statement for hits.
type hitRow struct {
	Card        Card
	Key         int64 // the sort key of a Position
	Description string
	Corrected   *string // the corrected query, if it was corrected
	Partial     bool
}

func (s *Postgres) hits(ctx context.Context, q Query, searched []spelling, result *Result) error {
	st := newStatement(q, searched)
	rows, err := s.pool.Query(ctx, st.hits(), st.args...)
	if err != nil {
		return err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[hitRow])
	if err != nil {
		return err
	}
	for _, row := range found {
		result.Hits = append(result.Hits, Hit{Card: row.Card, Position: Position{row.Key, row.Card.ID}})
		result.DidYouMean, result.Partial = optional.Value(row.Corrected), row.Partial // the same in every row
	}
	if result.More = len(result.Hits) > q.First; result.More {
		result.Hits = result.Hits[:q.First]
	}
	if result.DidYouMean != "" {
		searched = spellings(result.DidYouMean)
	}
	marked := newMatcher(searched)
	for i := range result.Hits {
		hit := &result.Hits[i]
		if q.Sort == Relevance && len(searched) > 0 {
			hit.Score = float64(hit.Position.Key/featuredRange+1) / relevanceSteps
		}
		if q.Highlights {
			hit.Highlights = highlights(hit.Card, found[i].Description, marked)
		}
	}
	return nil
}

func (s *Postgres) count(ctx context.Context, q Query, searched []spelling, result *Result) error {
	st := newStatement(q, searched)
	rows, err := s.pool.Query(ctx, st.counts(), st.args...)
	if err != nil {
		return err
	}
	counts, err := pgx.CollectRows(rows, pgx.RowToStructByName[Count])
	if err != nil {
		return err
	}
	for _, c := range counts {
		if c.Kind == "total" {
			result.Total = c.Count
		}
	}
	if q.Facets {
		result.Facets = BuildFacets(q, counts)
	}
	return nil
}
