package search

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Prepared is a query as every index runs it.
type Prepared struct {
	Query
	Reading Reading // of the words; without clauses if there are none
}

// Prepare reads a query for an index of a shop that sells in the currencies. It is false
// if the query has punctuation only: no document contains it.
func Prepare(ctx context.Context, index Lexicon, q Query, currencies []string) (p Prepared, readable bool, err error) {
	if !slices.Contains(currencies, q.Currency) {
		q.Currency = FallbackCurrency
	}
	p.Query = q
	if strings.TrimSpace(q.Text) == "" {
		return p, true, nil
	}
	if p.Reading, err = Read(ctx, index, q); err != nil {
		return p, false, fmt.Errorf("read the query %q: %w", q.Text, err)
	}
	return p, p.Worded(), nil
}

// Worded reports whether documents are matched by words.
func (p *Prepared) Worded() bool { return len(p.Reading.Clauses) > 0 }

// MayBePartial reports whether documents that match most words are found where none
// matches all.
func (p *Prepared) MayBePartial() bool {
	return len(p.Reading.Clauses) > 1 || len(p.Reading.Phrases) > 0
}

// Key is what hits are ordered by.
type Key string

// The keys. That of relevance is RelevanceKey.
const (
	ByRelevance Key = "relevance"
	ByFeatured  Key = "featured"
	ByPriceUp   Key = "price up"
	ByPriceDown Key = "price down"
	ByCreation  Key = "creation"
	ByRating    Key = "rating"
	BySales     Key = "sales"
)

// Order is the key of the query's order, and whether keys rise. Ties go to the later id, or
// to the earlier one where keys rise.
func (p *Prepared) Order() (by Key, rising bool) {
	switch {
	case p.Sort == PriceAsc:
		return ByPriceUp, true
	case p.Sort == PriceDesc:
		return ByPriceDown, false
	case p.Sort == Newest:
		return ByCreation, false
	case p.Sort == TopRated:
		return ByRating, false
	case p.Sort == BestSelling:
		return BySales, false
	case p.Sort == Relevance && p.Worded():
		return ByRelevance, false
	default:
		return ByFeatured, false
	}
}

// RelevanceKey orders hits by their points, and those with the same by Featured.
func RelevanceKey(points, featured int64) int64 { return points*FeaturedRange + featured }

// RelevanceOf are the points and Featured of a RelevanceKey.
func RelevanceOf(key int64) (points, featured int64) { return key / FeaturedRange, key % FeaturedRange }

// Size is how many hits are read: one more than the page has.
func (q *Query) Size() int {
	if q.First == 0 && !q.More {
		return 0
	}
	return q.First + 1
}

// Page are those of the hits that were read that are on the page, and whether there are
// more.
func Page[T any](q *Query, read []T) (page []T, more bool) {
	if len(read) > q.First {
		return read[:q.First], true
	}
	return read, false
}

// Counted reports whether all hits are counted.
func (q *Query) Counted() bool { return q.Total || q.Facets }

// Completed are completions of a text by words that begin with its last one. frequent
// returns such words, the most frequent first.
func Completed(text string, limit int, frequent func(beginning string) ([]string, error)) ([]string, error) {
	typed := words(text)
	if len(typed) == 0 || limit == 0 {
		return nil, nil
	}
	last := len(typed) - 1
	found, err := frequent(typed[last])
	if err != nil {
		return nil, fmt.Errorf("complete %q: %w", text, err)
	}
	completed := make([]string, len(found))
	for i, word := range found {
		completed[i] = strings.Join(append(typed[:last:last], word), " ")
	}
	return completed, nil
}
