package elastic

import (
	"context"
	"fmt"

	"cartograph/internal/search"
)

// Search sends one request to read the query's words, more if some are unknown, and
// one for hits and counts.
func (x *Index) Search(ctx context.Context, q search.Query) (search.Result, error) {
	prepared, readable, err := search.Prepare(ctx, x, q, x.currencies)
	if err != nil || !readable {
		return search.Result{}, err
	}
	s := statement{index: x, query: prepared}
	found, err := s.run(ctx)
	if err != nil {
		return search.Result{}, fmt.Errorf("search %q: %w", q.Text, err)
	}
	return s.result(found)
}

// statement is a search of which the words are read.
type statement struct {
	index   *Index
	query   search.Prepared
	partial bool
}

// run searches for all words, and for most of them if no document has all, whatever
// the filters.
func (s *statement) run(ctx context.Context) (*response, error) {
	found, err := s.send(ctx)
	if err != nil || found.Hits.Total.Value > 0 || !s.query.MayBePartial() {
		return found, err
	}
	var complete response
	unfiltered := object{"size": 0, "track_total_hits": 1, "query": object{"bool": object{"filter": []object{isLive(), s.words()}}}}
	if err := s.index.search(ctx, unfiltered, &complete); err != nil || complete.Hits.Total.Value > 0 {
		return found, err
	}
	s.partial = true
	return s.send(ctx)
}

// send runs the query. Counts of facets leave out conditions of the filter, which
// are therefore applied to the hits afterwards.
func (s *statement) send(ctx context.Context) (*response, error) {
	by, direction := s.order()
	kept, counted := []object{isLive()}, []object{}
	for _, g := range s.query.Filter.Groups() {
		if g.Facet == "" || !s.query.Facets {
			kept = append(kept, s.conditions(&g)...)
		} else {
			counted = append(counted, s.conditions(&g)...)
		}
	}
	matches := object{"filter": kept}
	if s.query.Worded() {
		matches["must"] = []object{s.words()}
		matches["should"] = s.raised()
	}
	body := object{
		"size": s.query.Size(), "track_total_hits": true, "query": object{"bool": matches}, "sort": s.sorts(by, direction), "_source": []string{"card", "description", "descriptions"},
	}
	if !s.query.Highlights {
		body["_source"] = []string{"card"}
	}
	if len(counted) > 0 {
		body["post_filter"] = object{"bool": object{"filter": counted}}
	}
	if after := s.query.After; after != nil {
		body["search_after"] = s.after(by, after)
	}
	if s.query.Facets {
		body["aggs"] = s.counts()
	}
	var found response
	return &found, s.index.search(ctx, body, &found)
}

// words is the query for the clauses. Each adds the points of the best of its
// alternatives, in the best of the fields, to the score.
func (s *statement) words() object {
	clauses := make([]object, 0, len(s.query.Reading.Clauses))
	for _, c := range s.query.Reading.Clauses {
		var any []object
		for i := range c {
			any = append(any, alternative(&c[i]))
		}
		best := object{"dis_max": object{"queries": any}}
		if s.partial {
			// The clause's points are constant beside the alternative's.
			best = object{"bool": object{"must": []object{best, constant(object{"match_all": object{}}, search.ClausePoints)}}}
		}
		clauses = append(clauses, best)
	}
	if s.partial {
		return object{"bool": object{"should": clauses, "minimum_should_match": s.query.Reading.Least()}}
	}
	all := object{"must": clauses}
	if len(s.query.Reading.Phrases) > 0 {
		var phrases []object
		for _, p := range s.query.Reading.Phrases {
			phrases = append(phrases, object{"term": object{"lexemes": p}})
		}
		all["filter"] = phrases
	}
	return object{"bool": all}
}

func alternative(a *search.Alternative) object {
	var lists []object
	for _, lexemes := range a.All {
		var fields []object
		for w, field := range weightFields {
			if points := a.Points(search.Weight(w)); points > 0 {
				fields = append(fields, constant(object{"terms": object{field: lexemes}}, points))
			}
		}
		lists = append(lists, object{"dis_max": object{"queries": fields}})
	}
	if a.Prefix != "" {
		var fields []object
		for w, field := range weightFields {
			fields = append(fields, constant(object{"prefix": object{field: object{"value": a.Prefix}}}, a.Points(search.Weight(w))))
		}
		return object{"dis_max": object{"queries": fields}}
	}
	if len(lists) == 1 {
		return lists[0]
	}
	return object{"bool": object{"must": lists}}
}

func constant(query object, points int) object {
	return object{"constant_score": object{"filter": query, "boost": points}}
}

// raised has points for documents with what the query names in their title or a name.
func (s *statement) raised() []object {
	all := []object{}
	for _, p := range s.query.Reading.Adjacent {
		all = append(all, named([]string{p}, search.AdjacentPoints))
	}
	if len(s.query.Reading.Heads) > 0 {
		all = append(all, named(s.query.Reading.Heads, search.HeadPoints))
	}
	return all
}

func named(lexemes []string, points int) object {
	return constant(object{"bool": object{"should": []object{
		{"terms": object{weightFields[search.InTitle]: lexemes}}, {"terms": object{weightFields[search.InName]: lexemes}},
	}}}, points)
}

func isLive() object { return object{"term": object{"live": true}} }

func (s *statement) conditions(g *search.Group) []object {
	var all []object
	if len(g.Any) > 0 {
		all = append(all, object{"terms": object{"terms": g.Any}})
	}
	if g.Price {
		bounds := object{"lte": *g.PriceMax}
		if g.PriceMin != nil {
			bounds["gte"] = *g.PriceMin
		}
		all = append(all, object{"range": object{"up_" + s.query.Currency: bounds}})
	}
	if g.OnSale {
		all = append(all, object{"term": object{"sale_" + s.query.Currency: true}})
	}
	if g.InStock {
		all = append(all, object{"term": object{"in_stock": true}})
	}
	if g.RatingMin > 0 {
		all = append(all, object{"range": object{"rating": object{"gte": search.Rating{Hundredths: g.RatingMin}.Key()}}})
	}
	return all
}

const byScore = "_score"

// order is the field that hits are ordered by.
func (s *statement) order() (field, direction string) {
	by, rising := s.query.Order()
	if direction = "desc"; rising {
		direction = "asc"
	}
	return map[search.Key]string{
		search.ByPriceUp: "up_" + s.query.Currency, search.ByPriceDown: "down_" + s.query.Currency, search.ByCreation: "created",
		search.ByRating: "rating", search.BySales: "sales", search.ByRelevance: byScore, search.ByFeatured: "featured",
	}[by], direction
}

func (s *statement) sorts(by, direction string) []object {
	order := object{"order": direction}
	sorts := []object{{by: order}}
	if by == "sales" { // documents of an earlier release have none
		order["unmapped_type"], order["missing"] = "long", 0
	}
	if by == byScore {
		sorts = append(sorts, object{"featured": object{"order": "desc"}})
	}
	return append(sorts, object{"id": object{"order": direction}})
}

// after is a position as values of the sort.
func (s *statement) after(by string, p *search.Position) []any {
	if by == byScore {
		points, featured := search.RelevanceOf(p.Key)
		return []any{points, featured, p.ID}
	}
	return []any{p.Key, p.ID}
}
