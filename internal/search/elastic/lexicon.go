package elastic

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cartograph/internal/search"
)

var _ search.Lexicon = (*Index)(nil)

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
