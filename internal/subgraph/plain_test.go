package subgraph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cartograph/internal/auth"
	model "cartograph/internal/subgraph/internal/sample"
)

type (
	slow    struct{}
	slowBox struct{}
)

func (slow) Slow(context.Context, *model.Shelf) (*string, error)  { return nil, nil }
func (slowBox) Slow(context.Context, *model.Box) (*string, error) { return nil, nil }

func shelf(id string) *model.Shelf {
	name, size, made := "Ein \"Regal\"\n\t\\ \x01 <&> ü", model.Large, time.Unix(1e9, 0)
	inner := &model.Box{ID: "inner"}
	return &model.Shelf{
		ID: id, Weight: 1 << 40, Name: &name, Size: &size, MadeAt: &made,
		Boxes:  []*model.Box{{ID: "a", Weight: 1, Within: inner}, nil, {ID: "b"}},
		Things: []model.Thing{&model.Box{ID: "c"}, &model.Shelf{ID: "d"}, &model.Safe{ID: "e"}},
	}
}

func (resolvers) Rack(context.Context) (*model.Shelf, error) { return shelf("1"), nil }

func (resolvers) Racks(context.Context) ([]*model.Shelf, error) {
	return []*model.Shelf{shelf("1"), {ID: "2", Boxes: []*model.Box{}}}, nil
}

// selections of a shelf. A resolver that is selected beside the others, at §, leaves
// their object to gqlgen.
var selections = []string{
	`id§`,
	`id weight name size madeAt tags absent __typename§`,
	`other: id id: name twice: id§`,
	`label(prefix: "x") other: label(prefix: "y", price: "1.50")§`,
	`label(prefix: $text)§`,
	`label(prefix: "x", price: "many")§`,
	`id @include(if: $no) weight @skip(if: $no)§`,
	`boxes { id within { id within { id§ }§ }§ }§`,
	`...f ... on Shelf { name boxes { weight§ } }§`,
	`... on Thing { id } id§`,
	`... on Thing { weight } ... on Weighed { weight }§`,
	`boxes { ... on Thing { id weight } __typename§ }§`,
	`things { __typename id }§`,
	`things { __typename ... on Shelf { name§ } ... on Box { weight§ } }§`,
	`missing§`,
	`id boxes { id fails§ } name§`,
	`missingBox { id§ }§`,
	`id fails name§`,
	`failsHard§`,
	`id panics name§`,
}

func TestPlainFieldsAreWrittenAsGqlgenWritesThem(t *testing.T) {
	t.Parallel()
	router := listen(t)
	for _, from := range []string{"rack", "racks"} {
		for _, selection := range selections {
			answer := func(beside string) string {
				document := fmt.Sprintf(`query($text: String!, $no: Boolean!) { %s { %s } more: %s { id @skip(if: $no) label(prefix: $text) } }`,
					from, strings.ReplaceAll(selection, "§", beside), from)
				if strings.Contains(selection, "...f ") {
					document += ` fragment f on Shelf { tags boxes { id } }`
				}
				_, answer := router.post(t, fmt.Sprintf(`{"query": %q, "variables": {"text": "v", "no": false}}`, document))
				return answer
			}
			// The documents have the same length, so that errors have the same place in them.
			plain, resolved := answer("     "), answer(" slow")
			without := strings.NewReplacer(`,"slow":null`, "", `"slow":null`, "").Replace(resolved)
			if !slices.Equal(parts(t, plain), parts(t, without)) {
				t.Errorf("%s { %s }:\nplain  %s\ngqlgen %s", from, selection, plain, without)
			}
		}
	}
}

// parts are the data of an answer and its errors, those of a list's elements in order:
// they come in any.
func parts(t *testing.T, answer string) []string {
	t.Helper()
	var a struct {
		Data   json.RawMessage
		Errors []json.RawMessage
	}
	if err := json.Unmarshal([]byte(answer), &a); err != nil {
		t.Fatal(err, answer)
	}
	parts := []string{string(a.Data)}
	for _, e := range a.Errors {
		parts = append(parts, string(e))
	}
	slices.Sort(parts)
	return parts
}

func TestPlainFieldsAreNotResolvedOneByOne(t *testing.T) {
	t.Parallel()
	server := serve(t)
	reader := auth.Actor{Kind: auth.User, ID: "usr_ada", Scopes: []string{"vault:read"}}
	for query, want := range map[string]string{
		`{ rack { resolving } }`:                       "rack",
		`{ rack { resolving boxes { id weight } } }`:   "rack",
		`{ rack { resolving slow } }`:                  "resolving",
		`{ rack { resolving boxes { slow } } }`:        "resolving",
		`{ rack { resolving things { id } } }`:         "resolving", // a thing may be a safe
		`{ rack { resolving @skip(if: false) name } }`: "rack",
	} {
		if got := server.Query(t, reader, query, nil).At("rack", "resolving"); got != want {
			t.Errorf("%s was resolved at %v, want %s", query, got, want)
		}
	}
}

func TestAThingBehindAnInterfaceNeedsItsScopes(t *testing.T) {
	t.Parallel()
	server := serve(t)
	const query = `{ rack { things { __typename id } } }`
	a := server.Query(t, anonymous, query, nil)
	if want := []string{"UNAUTHENTICATED"}; !slices.Equal(a.Codes(), want) || a.At("rack") != nil {
		t.Errorf("answer %s, want the error %v and nothing of the shelf", a.Body, want)
	}
	reader := auth.Actor{Kind: auth.User, ID: "usr_ada", Scopes: []string{"vault:read"}}
	if a := server.Query(t, reader, query, nil); len(a.Errors) > 0 || a.At("rack", "things", 2, "id") != "e" {
		t.Errorf("a reader of safes was given %s", a.Body)
	}
}
