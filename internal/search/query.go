package search

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Search answers with one statement for the hits, and with one more if
// anything is to be counted.
func (s *Postgres) Search(ctx context.Context, q Query) (Result, error) {
	if !slices.Contains(s.currencies, q.Currency) {
		q.Currency = FallbackCurrency
	}
	looked := words(q.Text)
	looked = looked[:min(len(looked), maxWords)]
	var result Result
	if len(looked) == 0 && strings.TrimSpace(q.Text) != "" {
		return result, nil // nothing but signs: nothing is called so
	}
	if q.First > 0 {
		if err := s.hits(ctx, q, looked, &result); err != nil {
			return Result{}, fmt.Errorf("search %q: %w", q.Text, err)
		}
	}
	if q.Total || q.Facets {
		if err := s.count(ctx, q, looked, &result); err != nil {
			return Result{}, fmt.Errorf("count what %q finds: %w", q.Text, err)
		}
	}
	return result, nil
}

func (s *Postgres) hits(ctx context.Context, q Query, looked []string, result *Result) error {
	st := newStatement(q, looked)
	rows, err := s.pool.Query(ctx, st.hits(), st.args...)
	if err != nil {
		return err
	}
	var descriptions []string
	result.Hits, err = pgx.CollectRows(rows, func(rows pgx.CollectableRow) (Hit, error) {
		var hit Hit
		var description string
		var mended *string
		err := rows.Scan(&hit.Card, &hit.Position.Key, &description, &mended)
		hit.Position.ID = hit.ID
		descriptions = append(descriptions, description)
		if mended != nil {
			result.DidYouMean = *mended
		}
		return hit, err
	})
	if err != nil {
		return err
	}
	if result.More = len(result.Hits) > q.First; result.More {
		result.Hits = result.Hits[:q.First]
	}
	if result.DidYouMean != "" {
		looked = strings.Fields(result.DidYouMean)
	}
	for i := range result.Hits {
		hit := &result.Hits[i]
		if q.Sort == Relevance && len(looked) > 0 {
			hit.Score = float64(hit.Position.Key/featuredRange+1) / relevanceSteps
		}
		if q.Highlights {
			hit.Highlights = highlights(hit.Card, descriptions[i], looked)
		}
	}
	return nil
}

func (s *Postgres) count(ctx context.Context, q Query, looked []string, result *Result) error {
	st := newStatement(q, looked)
	rows, err := s.pool.Query(ctx, st.counts(), st.args...)
	if err != nil {
		return err
	}
	counts, err := pgx.CollectRows(rows, pgx.RowToStructByPos[count])
	if err != nil {
		return err
	}
	for _, c := range counts {
		if c.Kind == "total" {
			result.Total = c.Count
		}
	}
	if q.Facets {
		result.Facets = facets(q, counts)
	}
	return nil
}
