package elastic

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"cartograph/internal/search"
)

// maxBuckets is how many values of a facet are counted: all, of a shop's. Counts of
// an index with one shard are exact.
const maxBuckets = 10_000

// counts are the aggregations of all facets. Each runs over the documents that meet
// the conditions of all groups but its own.
func (s *statement) counts() object {
	groups := s.query.Filter.Groups()
	counts, others := object{}, []string{}
	for _, facet := range search.Uncounted() {
		others = append(others, escaped(facet+"=")+".*")
	}
	for i, g := range groups {
		if !g.HasTerms() {
			continue
		}
		expression := escaped(g.Facet+"=") + ".*"
		others = append(others, expression)
		counts["term"+strconv.Itoa(i)] = s.within(g.Facet, object{"terms": object{"field": "shown", "include": expression, "size": maxBuckets}})
	}
	counts["term"] = s.within("", object{"terms": object{"field": "shown", "exclude": strings.Join(others, "|"), "size": maxBuckets}})
	bounds := append(search.PriceBounds(s.query.Currency), search.ForeignRank)
	ranges := make([]object, len(bounds))
	for i, high := range bounds {
		ranges[i] = object{"key": strconv.Itoa(i), "to": high}
		if i > 0 {
			ranges[i]["from"] = bounds[i-1]
		}
	}
	counts["price"] = s.within(search.PriceFacet, object{"range": object{"field": "up_" + s.query.Currency, "ranges": ranges}})
	counts["stock"] = s.within(search.StockFacet, object{"filter": object{"term": object{"in_stock": true}}})
	var stars []object
	for n := 1; n <= search.Stars; n++ {
		stars = append(stars, object{"key": strconv.Itoa(n), "from": search.AtLeastStars(n)})
	}
	counts["rating"] = s.within(search.RatingFacet, object{"range": object{"field": "rating", "ranges": stars}})
	return counts
}

// within restricts an aggregation to the documents that meet the conditions of all
// facets but one.
func (s *statement) within(but string, counts object) object {
	conditions := []object{}
	for _, g := range s.query.Filter.Groups() {
		if g.Facet != "" && g.Facet != but {
			conditions = append(conditions, s.conditions(&g)...)
		}
	}
	return object{"filter": object{"bool": object{"filter": conditions}}, "aggs": object{"counts": counts}}
}

// aggregation is the result of one: buckets, or a filter with a count.
type aggregation struct {
	Count   int             `json:"doc_count"`
	Buckets json.RawMessage `json:"buckets"`
	Counts  *aggregation    `json:"counts"`
}

type bucket struct {
	Key   string
	Count int `json:"doc_count"`
}

func (a aggregation) buckets() []bucket {
	var all []bucket
	_ = json.Unmarshal(a.Buckets, &all) // buckets of other shapes are not read here
	return all
}

// counted are the counts of a response, the most frequent first.
func (s *statement) counted(found *response) []search.Count {
	var all []search.Count
	terms, values := map[string]*search.Count{}, map[string]int{}
	for name, a := range found.Aggregations {
		if a.Counts == nil {
			continue
		}
		switch {
		case name == "stock":
			all = append(all, search.CountStock(a.Counts.Count))
		case strings.HasPrefix(name, "term"):
			for _, b := range a.Counts.buckets() {
				count(terms, b)
			}
		default:
			for _, b := range a.Counts.buckets() {
				if b.Count > 0 {
					all = append(all, search.Count{Kind: name, Value: b.Key, Count: b.Count})
				}
			}
		}
	}
	for _, c := range terms {
		facet, _, _ := strings.Cut(c.Value, "=")
		values[facet]++
	}
	for _, c := range terms {
		facet, _, _ := strings.Cut(c.Value, "=")
		c.Total = values[facet]
		all = append(all, *c)
	}
	slices.SortFunc(all, search.Count.Compare)
	return all
}

// count adds a bucket. A term is shown in several ways while documents are being indexed
// again after its name was changed.
func count(terms map[string]*search.Count, b bucket) {
	key, shown, _ := strings.Cut(b.Key, labelSeparator)
	c := terms[key]
	if c == nil {
		c = &search.Count{Kind: search.TermCount, Value: key}
		_ = json.Unmarshal([]byte(shown), &c.Term) // as it was written
		terms[key] = c
	}
	c.Count += b.Count
}
