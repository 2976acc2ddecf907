package elastic

import (
	"encoding/json"
	"fmt"

	"cartograph/internal/search"
)

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
	result := search.Result{DidYouMean: s.query.Reading.Corrected, Partial: s.partial}
	by, _ := s.order()
	for _, h := range found.Hits.Hits {
		key, err := keyOf(h.Sort, by)
		if err != nil {
			return search.Result{}, err
		}
		hit := search.Hit{Card: h.Source.Card, Position: search.Position{Key: key, ID: h.Source.Card.ID}}
		if by == byScore {
			hit.Score = s.query.Reading.Score(key)
		}
		if s.query.Highlights {
			hit.Highlights = s.query.Reading.Highlights(s.query.Query, &hit.Card, h.Source.Description, h.Source.Descriptions)
		}
		result.Hits = append(result.Hits, hit)
	}
	result.Hits, result.More = search.Page(&s.query.Query, result.Hits)
	if s.query.Counted() {
		result.Total = found.Hits.Total.Value
	}
	if s.query.Facets {
		result.Facets = search.BuildFacets(s.query.Query, s.counted(found))
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
		return search.RelevanceKey(numbers[0], numbers[1]), nil
	}
	return numbers[0], nil
}
