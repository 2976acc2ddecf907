package elastic

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"cartograph/internal/search"
)

// Search sends one request to read the query's words, more if some are unknown, and
// one for hits and counts.
func (x *Index) Search(ctx context.Context, q search.Query) (search.Result, error) {
	if !slices.Contains(x.currencies, q.Currency) {
		q.Currency = search.FallbackCurrency
	}
	s := statement{index: x, query: q}
	if strings.TrimSpace(q.Text) != "" {
		reading, err := search.Read(ctx, x, q)
		if err != nil {
			return search.Result{}, fmt.Errorf("read the query %q: %w", q.Text, err)
		}
		if len(reading.Clauses) == 0 {
			return search.Result{}, nil // punctuation only: no document contains it
		}
		s.reading = reading
	}
	found, err := s.run(ctx)
	if err != nil {
		return search.Result{}, fmt.Errorf("search %q: %w", q.Text, err)
	}
	return s.result(found)
}

// statement is a search of which the words are read.
type statement struct {
	index   *Index
	query   search.Query
	reading search.Reading
	partial bool
}

// run searches for all words, and for most of them if no document has all, whatever
// the filters.
func (s *statement) run(ctx context.Context) (*response, error) {
	found, err := s.send(ctx)
	if err != nil || found.Hits.Total.Value > 0 || len(s.reading.Clauses) < 2 && len(s.reading.Phrases) == 0 {
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
	size := 0
	if s.query.First > 0 || s.query.More {
		size = s.query.First + 1
	}
	kept, counted := []object{isLive()}, []object{}
	for _, g := range s.query.Filter.Groups() {
		if g.Facet == "" || !s.query.Facets {
			kept = append(kept, s.conditions(&g)...)
		} else {
			counted = append(counted, s.conditions(&g)...)
		}
	}
	matches := object{"filter": kept}
	if len(s.reading.Clauses) > 0 {
		matches["must"] = []object{s.words()}
		matches["should"] = s.raised()
	}
	body := object{
		"size": size, "track_total_hits": true, "query": object{"bool": matches}, "sort": s.sorts(by, direction), "_source": []string{"card", "description", "descriptions"},
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
	clauses := make([]object, 0, len(s.reading.Clauses))
	for _, c := range s.reading.Clauses {
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
		return object{"bool": object{"should": clauses, "minimum_should_match": s.reading.Least()}}
	}
	all := object{"must": clauses}
	if len(s.reading.Phrases) > 0 {
		var phrases []object
		for _, p := range s.reading.Phrases {
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
	for _, p := range s.reading.Adjacent {
		all = append(all, named([]string{p}, search.AdjacentPoints))
	}
	if len(s.reading.Heads) > 0 {
		all = append(all, named(s.reading.Heads, search.HeadPoints))
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
	switch {
	case s.query.Sort == search.PriceAsc:
		return "up_" + s.query.Currency, "asc"
	case s.query.Sort == search.PriceDesc:
		return "down_" + s.query.Currency, "desc"
	case s.query.Sort == search.Newest:
		return "created", "desc"
	case s.query.Sort == search.TopRated:
		return "rating", "desc"
	case s.query.Sort == search.BestSelling:
		return "sales", "desc"
	case s.query.Sort == search.Relevance && len(s.reading.Clauses) > 0:
		return byScore, "desc"
	default:
		return "featured", "desc"
	}
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
		return []any{p.Key / search.FeaturedRange, p.Key % search.FeaturedRange, p.ID}
	}
	return []any{p.Key, p.ID}
}

// response is of a search.
type response struct {
	Hits struct {
		Total struct{ Value int }
		Hits  []struct {
			Sort   []any
			Source struct {
				Card         search.Card
				Description  string
				Descriptions map[string]string
			} `json:"_source"`
		}
	}
	Aggregations map[string]aggregation
}

func (s *statement) result(found *response) (search.Result, error) {
	result := search.Result{DidYouMean: s.reading.Corrected, Partial: s.partial}
	by, _ := s.order()
	for _, h := range found.Hits.Hits {
		key, err := keyOf(h.Sort, by)
		if err != nil {
			return search.Result{}, err
		}
		hit := search.Hit{Card: h.Source.Card, Position: search.Position{Key: key, ID: h.Source.Card.ID}}
		if by == byScore {
			hit.Score = s.reading.Score(key)
		}
		if s.query.Highlights {
			hit.Highlights = s.reading.Highlights(s.query, &hit.Card, h.Source.Description, h.Source.Descriptions)
		}
		result.Hits = append(result.Hits, hit)
	}
	if result.More = len(result.Hits) > s.query.First; result.More {
		result.Hits = result.Hits[:s.query.First]
	}
	if s.query.Total || s.query.Facets {
		result.Total = found.Hits.Total.Value
	}
	if s.query.Facets {
		result.Facets = search.BuildFacets(s.query, s.counted(found))
	}
	return result, nil
}

// keyOf is the number of a Position.
func keyOf(sort []any, by string) (int64, error) {
	numbers := make([]int64, 0, 2)
	for _, v := range sort[:len(sort)-1] {
		number, ok := v.(json.Number)
		if !ok {
			return 0, fmt.Errorf("the sort value %v is no number", v)
		}
		n, err := number.Int64()
		if err != nil {
			score, err := number.Float64()
			if err != nil {
				return 0, fmt.Errorf("the sort value %v: %w", v, err)
			}
			n = int64(score)
		}
		numbers = append(numbers, n)
	}
	if by == byScore {
		return numbers[0]*search.FeaturedRange + numbers[1], nil
	}
	return numbers[0], nil
}

func (x *Index) search(ctx context.Context, body object, into any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return err
	}
	send := func() error {
		return x.do(ctx, esapi.SearchRequest{Index: []string{x.alias}, Body: bytes.NewReader(encoded)}, into)
	}
	if err := send(); !missing(err) {
		return err
	}
	if err := x.ensure(ctx); err != nil {
		return err
	}
	return send()
}

// Complete returns words with the prefix, the most frequent first.
func (x *Index) Complete(ctx context.Context, prefix string, limit int) ([]string, error) {
	typed := search.Prefix(prefix)
	if len(typed) == 0 || limit == 0 {
		return nil, nil
	}
	last := len(typed) - 1
	found, err := x.frequent(ctx, escaped(typed[last])+".*", limit)
	if err != nil {
		return nil, fmt.Errorf("complete %q: %w", prefix, err)
	}
	completed := make([]string, len(found))
	for i, word := range found {
		completed[i] = strings.Join(append(typed[:last:last], word), " ")
	}
	return completed, nil
}

// frequent are the most frequent words that a regular expression matches.
func (x *Index) frequent(ctx context.Context, expression string, limit int) ([]string, error) {
	var found response
	err := x.search(ctx, object{"size": 0, "track_total_hits": false, "aggs": object{"words": object{"terms": object{
		"field": "words", "include": expression, "size": limit, "order": []object{{"_count": "desc"}, {"_key": "asc"}},
	}}}}, &found)
	if err != nil {
		return nil, err
	}
	var words []string
	for _, b := range found.Aggregations["words"].buckets() {
		words = append(words, b.Key)
	}
	return words, nil
}

// escaped is a text that a regular expression of Lucene matches literally.
func escaped(text string) string {
	var b strings.Builder
	for _, r := range text {
		if strings.ContainsRune(`.?+*|{}[]()"\#@&<>~^$-/`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Known returns which of the lexemes any document has, and which of the prefixes any
// word begins with.
func (x *Index) Known(ctx context.Context, lexemes, prefixes []string) (known, beginnings map[string]bool, err error) {
	filters := object{}
	for _, l := range lexemes {
		filters["="+l] = object{"term": object{"lexemes": l}}
	}
	for _, p := range prefixes {
		filters["^"+p] = object{"prefix": object{"words": object{"value": p}}}
	}
	known, beginnings = map[string]bool{}, map[string]bool{}
	counts, err := x.countEach(ctx, filters)
	for name, n := range counts {
		switch {
		case n == 0:
		case name[0] == '=':
			known[name[1:]] = true
		default:
			beginnings[name[1:]] = true
		}
	}
	return known, beginnings, err
}

// countEach counts the documents that each filter matches.
func (x *Index) countEach(ctx context.Context, filters object) (map[string]int, error) {
	if len(filters) == 0 {
		return nil, nil
	}
	var found struct {
		Aggregations struct {
			Each struct {
				Buckets map[string]struct {
					Count int `json:"doc_count"`
				}
			}
		}
	}
	err := x.search(ctx, object{
		"size": 0, "track_total_hits": false, "query": isLive(),
		"aggs": object{"each": object{"filters": object{"filters": filters}}},
	}, &found)
	counts := map[string]int{}
	for name, b := range found.Aggregations.Each.Buckets {
		counts[name] = b.Count
	}
	return counts, err
}

// Together returns which of the pairs of lexemes any document has both of.
func (x *Index) Together(ctx context.Context, pairs [][2]string) ([]bool, error) {
	filters := object{}
	for i, p := range pairs {
		filters[strconv.Itoa(i)] = object{"bool": object{"filter": []object{{"term": object{"lexemes": p[0]}}, {"term": object{"lexemes": p[1]}}}}}
	}
	counts, err := x.countEach(ctx, filters)
	together := make([]bool, len(pairs))
	for i := range pairs {
		together[i] = counts[strconv.Itoa(i)] > 0
	}
	return together, err
}

// Ending returns words with the suffix, the most frequent first: part numbers only for
// one that has digits, as Closest has it.
func (x *Index) Ending(ctx context.Context, suffix string, limit int) ([]string, error) {
	beginning := "[^0-9]+"
	if search.HasDigit(suffix) {
		beginning = ".+"
	}
	return x.frequent(ctx, beginning+escaped(suffix), limit)
}

// maxSuggested is how many similar words Elasticsearch selects from.
const maxSuggested = 50

// Similar returns words that differ by a number of edits at most. The dictionary has
// words of documents that were replaced, so the words are counted.
func (x *Index) Similar(ctx context.Context, word string, edits int) ([]search.Candidate, error) {
	var found struct {
		Suggest struct {
			Similar []struct {
				Options []struct{ Text string }
			}
		}
	}
	err := x.search(ctx, object{"size": 0, "track_total_hits": false, "suggest": object{"similar": object{"text": word, "term": object{
		"field": "words", "size": maxSuggested, "max_edits": edits, "prefix_length": 0, "min_word_length": 1, "suggest_mode": "always",
		"string_distance": "damerau_levenshtein", "max_inspections": 20, "max_term_freq": 1 << 30, "sort": "score",
	}}}}, &found)
	if err != nil || len(found.Suggest.Similar) == 0 {
		return nil, err
	}
	filters := object{}
	for _, option := range found.Suggest.Similar[0].Options {
		filters[option.Text] = object{"term": object{"words": option.Text}}
	}
	counts, err := x.countEach(ctx, filters)
	var candidates []search.Candidate
	for w, n := range counts {
		if n > 0 {
			candidates = append(candidates, search.Candidate{Word: w, Documents: n})
		}
	}
	slices.SortFunc(candidates, func(a, b search.Candidate) int { return cmp.Compare(a.Word, b.Word) })
	return candidates, err
}
