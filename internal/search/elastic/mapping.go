package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"cartograph/internal/search"
)

type object = map[string]any

// weightFields have the lexemes of a document by weight.
var weightFields = [search.Weights]string{"title", "names", "properties", "text"}

// mapping has whole texts in no field: documents are analysed before. The card and
// the description are stored and not indexed.
func (x *Index) mapping() object {
	lexemes := object{"type": "text", "analyzer": "whitespace", "norms": false, "index_options": "docs"}
	long, flag := object{"type": "long"}, object{"type": "boolean"}
	filter := object{"type": "keyword", "doc_values": false}
	properties := object{
		"live": flag, "id": object{"type": "keyword"}, "lexemes": filter, "words": object{"type": "keyword"},
		"terms": filter, "labels": object{"type": "keyword"}, "shown": object{"type": "keyword"}, "in_stock": flag,
		"featured": long, "created": long, "rating": long, "sales": long,
		"card": object{"type": "object", "enabled": false}, "description": object{"type": "keyword", "index": false, "doc_values": false},
		"descriptions": object{"type": "object", "enabled": false},
	}
	for _, field := range weightFields {
		properties[field] = lexemes
	}
	for _, currency := range x.currencies {
		properties["up_"+currency], properties["down_"+currency], properties["sale_"+currency] = long, long, flag
	}
	refresh := "1s"
	if x.refresh > 0 {
		refresh = fmt.Sprintf("%dms", x.refresh.Milliseconds())
	}
	return object{
		"settings": object{"number_of_shards": 1, "auto_expand_replicas": "0-1", "refresh_interval": refresh},
		"mappings": object{"dynamic": false, "properties": properties},
	}
}

// maxKeyword is the longest value of a keyword field, in bytes: the node refuses a
// document with a longer one.
const maxKeyword = 32766

// labelSeparator joins a term's key and how it is shown into one value, so that counts
// have both: the field shown has the term as JSON. The field labels is for replicas of
// the release before, which count it.
const labelSeparator = "\x1f"

// source is a document as it is stored.
func (x *Index) source(d *search.Document) ([]byte, error) {
	if _, ok := d.Prices[search.FallbackCurrency]; !ok {
		return nil, fmt.Errorf("it has no price in %s", search.FallbackCurrency)
	}
	a := search.Analyze(d)
	all := slices.Concat(a.Lexemes[:]...)
	slices.Sort(all)
	all = slices.Compact(all)
	source := object{
		"live": true, "id": d.ID, "lexemes": all, "in_stock": d.Available > 0, "featured": d.FeaturedRank(),
		"created": d.CreatedAt.UnixMicro(), "rating": d.Rating.Key(), "sales": d.Sales, "card": d.Card, "description": d.Description, "descriptions": d.Descriptions,
	}
	for i, field := range weightFields {
		source[field] = strings.Join(a.Lexemes[i], " ")
	}
	source["words"] = slices.DeleteFunc(slices.Clone(all), func(l string) bool { return !search.IsWord(l) })
	var terms, labels, shown []string
	for _, t := range a.Terms {
		terms = append(terms, t.Key)
		encoded, err := json.Marshal(t)
		if err == nil && len(t.Key)+len(labelSeparator)+len(encoded) > maxKeyword { // with its texts in many languages
			t.Texts = nil
			encoded, err = json.Marshal(t)
		}
		if err != nil {
			return nil, err
		}
		labels = append(labels, strings.Join([]string{t.Key, t.Field, t.Label, t.Swatch}, labelSeparator))
		shown = append(shown, t.Key+labelSeparator+string(encoded))
	}
	source["terms"], source["labels"], source["shown"] = terms, labels, shown
	for _, currency := range x.currencies {
		source["up_"+currency], source["down_"+currency], source["sale_"+currency] = d.Rank(currency)
	}
	return json.Marshal(source)
}

// ensure creates an empty index with the alias, unless there is one.
func (x *Index) ensure(ctx context.Context) error {
	body := x.mapping()
	body["aliases"] = object{x.alias: object{}}
	err := x.create(ctx, x.alias+"-1", body)
	if failed, ok := errors.AsType[*statusError](err); ok && failed.kind == "resource_already_exists_exception" {
		return nil // by another process at the same time
	}
	return err
}

// extend adds the fields that the index of an earlier release does not have. Its
// documents get them when they are written again.
func (x *Index) extend(ctx context.Context, index string) error {
	encoded, err := json.Marshal(object{"properties": x.mapping()["mappings"].(object)["properties"]})
	if err != nil {
		return err
	}
	return x.do(ctx, esapi.IndicesPutMappingRequest{Index: []string{index}, Body: bytes.NewReader(encoded)}, nil)
}

func (x *Index) create(ctx context.Context, name string, body object) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return x.do(ctx, esapi.IndicesCreateRequest{
		Index: name, Body: bytes.NewReader(encoded), WaitForActiveShards: "1", Timeout: 10 * time.Second,
	}, nil)
}
