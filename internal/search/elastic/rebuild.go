package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"cartograph/internal/search"
)

var _ search.Rebuilder = (*Index)(nil)

// building is the alias of the index that is being filled.
func (x *Index) building() string { return x.alias + "-building" }

// behind are the indexes that an alias has.
func (x *Index) behind(ctx context.Context, alias string) ([]string, error) {
	var found map[string]json.RawMessage
	err := x.do(ctx, esapi.IndicesGetAliasRequest{Name: []string{alias}}, &found)
	if missing(err) {
		return nil, nil
	}
	return slices.Sorted(maps.Keys(found)), err
}

// Begin creates an empty index, or continues with the one that an earlier rebuild
// left. From then on every write goes to both.
func (x *Index) Begin(ctx context.Context) error {
	started, err := x.behind(ctx, x.building())
	if err != nil {
		return err
	}
	if len(started) > 0 { // perhaps by an earlier release, without the fields of this one
		return x.extend(ctx, x.building())
	}
	if err := x.ensure(ctx); err != nil {
		return err
	}
	live, err := x.behind(ctx, x.alias)
	if err != nil {
		return err
	}
	next := 1
	for _, name := range live {
		if n, err := strconv.Atoi(strings.TrimPrefix(name, x.alias+"-")); err == nil {
			next = max(next, n+1)
		}
	}
	body := x.mapping()
	body["aliases"] = object{x.building(): object{}}
	if err := x.create(ctx, fmt.Sprintf("%s-%d", x.alias, next), body); err != nil {
		return fmt.Errorf("create a new index: %w", err)
	}
	return nil
}

// Fill writes documents to the new index alone.
func (x *Index) Fill(ctx context.Context, documents ...search.Document) error {
	lines, err := x.lines(documents)
	if err != nil {
		return err
	}
	return x.bulk(ctx, x.building(), lines)
}

// write sends lines to the index that is searched, and to the one that is being
// filled, if there is one. It is looked up for each write: a rebuild that begins
// afterwards reads what this write has.
func (x *Index) write(ctx context.Context, lines [][]byte) error {
	if len(lines) == 0 {
		return nil
	}
	if !x.mapped.Load() {
		if err := x.extend(ctx, x.alias); err != nil && !missing(err) {
			return fmt.Errorf("add fields to the index %s: %w", x.alias, err)
		}
		x.mapped.Store(true)
	}
	building, err := x.behind(ctx, x.building())
	if err != nil {
		return err
	}
	if len(building) > 0 {
		// One that was swapped meanwhile gets them as the index that is searched, which
		// also refuses what this one does.
		err := x.bulk(ctx, x.building(), lines)
		if _, refused := errors.AsType[*search.RefusedError](err); err != nil && !refused && !missing(err) {
			return err
		}
	}
	return x.bulk(ctx, x.alias, lines)
}

// Swap gives the new index the alias and deletes the old one, in one step.
func (x *Index) Swap(ctx context.Context) error {
	built, err := x.behind(ctx, x.building())
	if err != nil {
		return err
	}
	if len(built) != 1 {
		return errors.New("no new index is being filled")
	}
	old, err := x.behind(ctx, x.alias)
	if err != nil {
		return err
	}
	actions := []object{
		{"add": object{"index": built[0], "alias": x.alias}},
		{"remove": object{"index": built[0], "alias": x.building()}},
	}
	for _, name := range old {
		actions = append(actions, object{"remove_index": object{"index": name}})
	}
	body, err := json.Marshal(object{"actions": actions})
	if err != nil {
		return err
	}
	if err := x.do(ctx, esapi.IndicesUpdateAliasesRequest{Body: bytes.NewReader(body)}, nil); err != nil {
		return fmt.Errorf("swap the alias %s: %w", x.alias, err)
	}
	return nil
}
