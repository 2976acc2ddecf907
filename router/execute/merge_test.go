package execute

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// twoProducts is a response of the catalog to the queries below, and freights the
// query of two subgraphs.
const (
	freights    = `{ products { id freight } }`
	twoProducts = `{"data":{"products":[{"__typename":"Product","id":"1","weight":3},{"__typename":"Product","id":"2","weight":4}]}}`
	noFreights  = `{"products":[{"id":"1","freight":null},{"id":"2","freight":null}]}`
)

func TestEntitiesAreMergedByTheirPosition(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	for _, c := range []struct {
		claim, reviews, data string
		errors               []string
	}{
		{"each object gets its entity", `{"data":{"_entities":[{"freight":6},{"freight":8}]}}`, `{"products":[{"id":"1","freight":6},{"id":"2","freight":8}]}`, nil},
		{"an entity that does not exist leaves null", `{"data":{"_entities":[null,{"freight":8}]}}`, `{"products":[{"id":"1","freight":null},{"id":"2","freight":8}]}`, nil},
		{"too few entities are not assigned", `{"data":{"_entities":[{"freight":6}]}}`, noFreights, []string{"INTERNAL products of reviews"}},
		{"too many entities are not assigned", `{"data":{"_entities":[{"freight":6},{"freight":8},null]}}`, noFreights, []string{"INTERNAL products of reviews"}},
		{"no entities for several are not the same as none", `{"data":{"_entities":[]}}`, noFreights, []string{"INTERNAL products of reviews"}},
		{"an object is not a list of entities", `{"data":{"_entities":{"freight":6}}}`, noFreights, []string{"INTERNAL products of reviews"}},
		{"even if its fields are", `{"data":{"_entities":{"a":{"freight":6},"b":{"freight":8}}}}`, noFreights, []string{"INTERNAL products of reviews"}},
		{"an entity that is text is left out", `{"data":{"_entities":["x",{"freight":8}]}}`, `{"products":[{"id":"1","freight":null},{"id":"2","freight":8}]}`, []string{"INTERNAL products of reviews"}},
		{"a missing list is an error", `{"data":{}}`, noFreights, []string{"INTERNAL products of reviews"}},
		{"data that is null is an error", `{"data":null}`, noFreights, []string{"INTERNAL products of reviews"}},
		{"a text that is not JSON is an error", `{"data":`, noFreights, []string{"INTERNAL products of reviews"}},
		{"errors explain a missing list", `{"data":null,"errors":[{"message":"Slow down.","extensions":{"code":"RATE_LIMITED"},"path":["_entities"]}]}`, noFreights, []string{"RATE_LIMITED products of reviews"}},
		{"an empty list of errors explains nothing", `{"data":null,"errors":[]}`, noFreights, []string{"INTERNAL products of reviews"}},
		{"errors that are no list explain nothing", `{"data":null,"errors":"x"}`, noFreights, []string{"INTERNAL products of reviews"}},
		{
			"errors do not excuse a list of the wrong length", `{"data":{"_entities":[null]},"errors":[{"message":"x","extensions":{"code":"TIMEOUT"},"path":["_entities",0]}]}`,
			noFreights,
			[]string{"INTERNAL products of reviews", "TIMEOUT products.0 of reviews"},
		},
	} {
		g.run(t, freights, map[string]string{"catalog": twoProducts, "reviews": c.reviews}).want(t, c.claim, c.data, c.errors...)
	}
}

func TestOneEntityIsFetchedOnceForAllItsPlaces(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	catalog := `{"data":{"products":[{"__typename":"Product","id":"1","weight":3},{"__typename":"Product","id":"2","weight":4},{"__typename":"Product","id":"1","weight":3}]}}`
	got := g.run(t, freights, map[string]string{"catalog": catalog, "reviews": `{"data":{"_entities":[{"freight":6},{"freight":8}]}}`})
	got.want(t, "equal keys", `{"products":[{"id":"1","freight":6},{"id":"2","freight":8},{"id":"1","freight":6}]}`)
	want := [][]string{{`{"__typename":"Product","id":"1","weight":3}`, `{"__typename":"Product","id":"2","weight":4}`}}
	if diff := cmp.Diff(want, g.representations(t, "reviews")); diff != "" {
		t.Errorf("representations of two entities at three places (-want +got):\n%s", diff)
	}
	// An error of the shared entity is one of each place.
	failed := `{"data":{"_entities":[null,{"freight":8}]},"errors":[{"message":"No.","path":["_entities",0,"freight"],"extensions":{"code":"FORBIDDEN"}}]}`
	g.run(t, freights, map[string]string{"catalog": catalog, "reviews": failed}).want(t, "an error of an entity at two places",
		`{"products":[{"id":"1","freight":null},{"id":"2","freight":8},{"id":"1","freight":null}]}`,
		"FORBIDDEN products.0.freight of reviews", "FORBIDDEN products.2.freight of reviews")
}

func TestObjectsWithoutAKeyAreNotRequested(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	reviews := `{"data":{"_entities":[{"freight":8}]}}`
	for claim, first := range map[string]string{
		"the key is null":                     `{"__typename":"Product","id":null,"weight":3}`,
		"the key is missing":                  `{"__typename":"Product","weight":3}`,
		"an object is no object":              `"Product"`,
		"the required field is no number":     `{"__typename":"Product","id":"1","weight":"heavy"}`,
		"the type is not one of the schema's": `{"__typename":"Nonsense","id":"1","weight":3}`,
	} {
		catalog := `{"data":{"products":[` + first + `,{"__typename":"Product","id":"2","weight":4}]}}`
		got := g.run(t, `{ products { freight } }`, map[string]string{"catalog": catalog, "reviews": reviews})
		if diff := cmp.Diff([][]string{{`{"__typename":"Product","id":"2","weight":4}`}}, g.representations(t, "reviews")); diff != "" {
			t.Errorf("%s: representations (-want +got):\n%s", claim, diff)
		}
		if strings.Contains(claim, "key") || strings.Contains(claim, "required") {
			got.want(t, claim, `{"products":[{"freight":null},{"freight":8}]}`)
		} else {
			got.want(t, claim, `null`, "INTERNAL products.0")
		}
	}
	none := `{"data":{"products":[]}}`
	got := g.run(t, freights, map[string]string{"catalog": none, "reviews": reviews})
	got.want(t, "no objects", `{"products":[]}`)
	if requests := g.take("reviews"); len(requests) != 0 || got.fetches != 1 {
		t.Errorf("without objects %v are requested in %d fetches, want none beside the root's", requests, got.fetches)
	}
}

// merged selects an entity and a list of entities of one subgraph, which are
// fetched by one request under the aliases f1 and f2.
const merged = `{ product(id: "p") { reviews(first: 2) { id } bundle { freight } } }`

func TestListsOfEntitiesInOneRequestAreIndependent(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	bundle := `{"data":{"product":{"__typename":"Product","id":"1","bundle":[{"__typename":"Product","id":"2","weight":3}]}}}`
	alone := `{"data":{"product":{"__typename":"Product","id":"1","bundle":[]}}}`
	for _, c := range []struct {
		claim, catalog, reviews, data string
		errors                        []string
	}{
		{"both have their lists", bundle, `{"data":{"f1":[{"reviews":[{"id":"r"}]}],"f2":[{"freight":6}]}}`, `{"product":{"reviews":[{"id":"r"}],"bundle":[{"freight":6}]}}`, nil},
		{"a list that was not requested is not expected", alone, `{"data":{"f1":[{"reviews":[]}]}}`, `{"product":{"reviews":[],"bundle":[]}}`, nil},
		{
			"an error of one list does not explain the other", bundle, `{"data":null,"errors":[{"message":"x","path":["f1"],"extensions":{"code":"TIMEOUT"}}]}`,
			`{"product":{"reviews":null,"bundle":[{"freight":null}]}}`,
			[]string{"INTERNAL product.bundle of reviews", "TIMEOUT product of reviews"},
		},
		{
			"an error has the path of its own list", bundle, `{"data":{"f1":[{"reviews":null}],"f2":[null]},"errors":[{"message":"x","path":["f2",0,"freight"],"extensions":{"code":"TIMEOUT"}}]}`,
			`{"product":{"reviews":null,"bundle":[{"freight":null}]}}`,
			[]string{"TIMEOUT product.bundle.0.freight of reviews"},
		},
		{
			"a single entity in a merged request is one, not two", bundle, `{"data":{"f1":[{"reviews":[]},{"reviews":[]}],"f2":[{"freight":6}]}}`,
			`{"product":{"reviews":null,"bundle":[{"freight":6}]}}`,
			[]string{"INTERNAL product of reviews"},
		},
		{"an empty list for one object is an entity that does not exist", bundle, `{"data":{"f1":[],"f2":[{"freight":6}]}}`, `{"product":{"reviews":null,"bundle":[{"freight":6}]}}`, nil},
		{
			"a failed request is an error of each list that was sent", bundle, "",
			`{"product":{"reviews":null,"bundle":[{"freight":null}]}}`,
			[]string{"SUBGRAPH_UNAVAILABLE product of reviews", "SUBGRAPH_UNAVAILABLE product.bundle of reviews"},
		},
		{"and of no other", alone, "", `{"product":{"reviews":null,"bundle":[]}}`, []string{"SUBGRAPH_UNAVAILABLE product of reviews"}},
	} {
		got := g.run(t, merged, map[string]string{"catalog": c.catalog, "reviews": c.reviews})
		got.want(t, c.claim, c.data, c.errors...)
		requests := g.take("reviews")
		const included = `"includeF1":true,"b_f1":2,"representations_f2":`
		switched := fmt.Sprintf(`"includeF2":%t}}`, c.catalog == bundle)
		if len(requests) == 0 || !strings.Contains(requests[0], included) || !strings.HasSuffix(requests[0], switched) {
			t.Errorf("%s: requests are %v, want %s and %s", c.claim, requests, included, switched)
		}
	}
}

func TestRootResponsesAreMerged(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	const query, greeting = `{ greeting echo(x: 1) plan }`, `{"data":{"greeting":"hello","plan":"FREE"}}`
	rest := `{"greeting":"hello","echo":null,"plan":"FREE"}`
	for _, c := range []struct {
		claim, catalog, data string
		errors               []string
	}{
		{"both responses", `{"data":{"echo":"x"}}`, `{"greeting":"hello","echo":"x","plan":"FREE"}`, nil},
		{"null with errors", `{"data":null,"errors":[{"message":"x","path":["echo"],"extensions":{"code":"BAD_USER_INPUT"}}]}`, rest, []string{"BAD_USER_INPUT echo of catalog"}},
		{"null without errors", `{"data":null}`, rest, []string{"INTERNAL echo of catalog"}},
		{"no data at all", `{}`, rest, []string{"INTERNAL echo of catalog"}},
		{"a list for data", `{"data":[]}`, rest, []string{"INTERNAL echo of catalog"}},
		{"a list for data, with errors", `{"data":[],"errors":[{"message":"x","path":["echo"],"extensions":{"code":"TIMEOUT"}}]}`, rest, []string{"INTERNAL echo of catalog", "TIMEOUT echo of catalog"}},
		{"a list for a response", `[{"data":{"echo":"x"}}]`, rest, []string{"INTERNAL echo of catalog"}},
		{"a page of HTML", `<html>`, rest, []string{"INTERNAL echo of catalog"}},
		{"no response", "", rest, []string{"SUBGRAPH_UNAVAILABLE echo of catalog"}},
		{"a field that is an error beside data", `{"data":{"echo":null},"errors":[{"message":"x"}]}`, rest, []string{"INTERNAL  of catalog"}},
	} {
		g.run(t, query, map[string]string{"accounts": greeting, "catalog": c.catalog}).want(t, c.claim, c.data, c.errors...)
	}
}

func TestWhatDependsOnAFailedFetchIsNotRequested(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	const query = `{ latestReviews { id product { title freight } } greeting }`
	got := g.run(t, query, map[string]string{
		"accounts": `{"data":{"greeting":"hello"}}`, "catalog": "",
		"reviews": `{"data":{"latestReviews":[{"id":"r","product":{"__typename":"Product","id":"1"}}]}}`,
	})
	got.want(t, "a failure below", `{"latestReviews":[{"id":"r","product":{"title":null,"freight":null}}],"greeting":"hello"}`,
		"SUBGRAPH_UNAVAILABLE latestReviews.product of catalog")
	if diff := cmp.Diff(1, len(g.take("reviews"))); diff != "" {
		t.Errorf("requests for what needs the weight that is not there (-want +got):\n%s", diff)
	}
	got = g.run(t, query, map[string]string{"accounts": `{"data":{"greeting":"hello"}}`})
	got.want(t, "a failure at the root", `{"latestReviews":null,"greeting":"hello"}`, "SUBGRAPH_UNAVAILABLE latestReviews of reviews")
	if diff := cmp.Diff(0, len(g.take("catalog"))); diff != "" {
		t.Errorf("requests for products of no review (-want +got):\n%s", diff)
	}
}

func TestContradictionsAreErrorsAndLeaveTheFirstValue(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	got := g.run(t, `{ latestReviews { product { id bundle { id } } } }`, map[string]string{
		"reviews": `{"data":{"latestReviews":[{"product":{"__typename":"Product","id":"1","bundle":"none"}}]}}`,
		"catalog": `{"data":{"_entities":[{"__typename":"Product","bundle":[{"id":"2"}]}]}}`,
	})
	if len(got.Errors) == 0 || !strings.HasPrefix(got.Errors[0], "INTERNAL latestReviews") || !strings.Contains(got.Data, `"id":"1"`) {
		t.Errorf("a list in the place of text is %+v, want an error and the rest", got)
	}
	if !strings.Contains(g.logs.String(), "response contradicts another one") {
		t.Errorf("the log has no contradiction: %s", g.logs)
	}
}
