package elastic

import (
	"context"
	"strconv"
	"strings"

	"cartograph/internal/search"
)

var _ search.Lexicon = (*Index)(nil)

// Complete returns words with the prefix, the most frequent first.
func (x *Index) Complete(ctx context.Context, prefix string, limit int) ([]string, error) {
	return search.Completed(prefix, limit, func(beginning string) ([]string, error) {
		found, err := x.frequent(ctx, []string{escaped(beginning) + ".*"}, limit)
		if err != nil {
			return nil, err
		}
		return found[0], nil
	})
}

// frequent are, for each of the regular expressions, the most frequent words that it
// matches.
func (x *Index) frequent(ctx context.Context, expressions []string, limit int) ([][]string, error) {
	aggregations := object{}
	for i, e := range expressions {
		aggregations[strconv.Itoa(i)] = object{"terms": object{
			"field": "words", "include": e, "size": limit, "order": []object{{"_count": "desc"}, {"_key": "asc"}},
		}}
	}
	var found response
	if err := x.search(ctx, object{"size": 0, "track_total_hits": false, "aggs": aggregations}, &found); err != nil {
		return nil, err
	}
	all := make([][]string, len(expressions))
	for i := range expressions {
		for _, b := range found.Aggregations[strconv.Itoa(i)].buckets() {
			all[i] = append(all[i], b.Key)
		}
	}
	return all, nil
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

// Ending returns, for each of the suffixes, words with it, the most frequent first. It is
// one request.
func (x *Index) Ending(ctx context.Context, suffixes []string, limit int) ([][]string, error) {
	expressions := make([]string, len(suffixes))
	for i, suffix := range suffixes {
		beginning := "[^0-9]+" // as search.MayMean has it
		if search.HasDigit(suffix) {
			beginning = ".+"
		}
		expressions[i] = beginning + escaped(suffix)
	}
	return x.frequent(ctx, expressions, limit)
}

// maxSuggested is how many similar words Elasticsearch selects from.
const maxSuggested = 50

// Similar returns, for each of the words, others that differ by its number of edits at
// most. The dictionary has words of documents that were replaced, so the words are counted.
// It is two requests.
func (x *Index) Similar(ctx context.Context, words []search.Misspelled) ([][]search.Candidate, error) {
	suggesters := object{}
	for i, w := range words {
		suggesters[strconv.Itoa(i)] = object{"text": w.Word, "term": object{
			"field": "words", "size": maxSuggested, "max_edits": w.Edits, "prefix_length": 0, "min_word_length": 1, "suggest_mode": "always",
			"string_distance": "damerau_levenshtein", "max_inspections": 20, "max_term_freq": 1 << 30, "sort": "score",
		}}
	}
	var found struct {
		Suggest map[string][]struct {
			Options []struct{ Text string }
		}
	}
	if err := x.search(ctx, object{"size": 0, "track_total_hits": false, "suggest": suggesters}, &found); err != nil {
		return nil, err
	}
	filters := object{}
	for _, suggested := range found.Suggest {
		for _, s := range suggested {
			for _, option := range s.Options {
				filters[option.Text] = object{"term": object{"words": option.Text}}
			}
		}
	}
	counts, err := x.countEach(ctx, filters)
	candidates := make([][]search.Candidate, len(words))
	for i := range words {
		for _, s := range found.Suggest[strconv.Itoa(i)] {
			for _, option := range s.Options {
				if n := counts[option.Text]; n > 0 {
					candidates[i] = append(candidates[i], search.Candidate{Word: option.Text, Documents: n})
				}
			}
		}
	}
	return candidates, err
}
