package plan_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

// document is an operation's text, variables that fit it, and whether other variables can
// make no other operation of it.
type document struct {
	query, variables string
	steady           bool
}

func showcase(t testing.TB) []document {
	t.Helper()
	file := func(name string) string {
		return readFile(t, filepath.Join("../../schema/operations", name+".graphql"))
	}
	return []document{
		{file("ProductPage"), `{"slug": "mug", "country": "US", "postal": "10001"}`, true},
		{file("MyOrders"), `{"after":null}`, true},
		{file("OrderTracker"), `{"orderId":"x"}`, true},
		{file("CartPage"), `{}`, true},
		{`query Q($sort: OrderSort, $first: Int) { me { orders(sort: $sort, first: $first) { nodes { id } } } }`, `{"sort":"NEWEST"}`, true},
		{file("PlaceOrder"), `{"input": {"checkoutId": "chk_1", "idempotencyKey": "key-1", "expectedTotal": {"amount": "19.99", "currencyCode": "USD"}}}`, true},
		{`mutation M($input: CheckoutCreateInput!) { checkoutCreate(input: $input) { userErrors { code } } }`, `{"input": {"cartId": "crt_1", "idempotencyKey": "key-1"}}`, true},
		{`mutation M($lines: [CartLineAddInput!]!) { cartLinesAdd(cartId: "crt_1", lines: $lines) { userErrors { code } } }`, `{"lines": [{"variantId": "var_1", "quantity": 2}]}`, true},
		{`mutation M($lines: [CartLineAddInput!]!) { cartLinesAdd(cartId: "crt_1", lines: $lines) { userErrors { code } } }`, `{"lines": {"variantId": "var_1", "quantity": 2}}`, false},
		{`query Q($filter: ProductFilter) { search(filter: $filter, first: 2) { totalCount } }`, `{"filter": {"tags": ["new"], "price": {"min": "1"}}}`, true},
		{`query Q($filter: ProductFilter) { search(filter: $filter, first: 2) { totalCount } }`, `{"filter": {"tags": "new"}}`, false},
	}
}

func shop() []document {
	return []document{
		{`query Q($n: Int) { products(first: $n) { id title freight reviews { id body } } }`, `{"n":50}`, true},
		{`query Q($x: Int, $y: String) { echo(x: $x, y: $y, list: 3) }`, `{"x":1,"y":"z"}`, true},
		{`query Q($b: Int) { echo(x: $b, y: "b", list: [1, 2]) e: echo(x: 7, y: "b", list: [1, 2]) products { id } }`, `{"b":1}`, true},
		{`query Q($id: ID!, $text: String!) { account(id: $id) { __typename } search(text: $text) { __typename } p: product(id: 3) { id } }`, `{"id":1,"text":"x"}`, true},
		{`query Q($x: Int, $l: [Int!]) { echo(x: $x, list: $l) }`, `{"x":1}`, true},
		{`query Q($x: Int!) { echo(list: [$x]) }`, `{"x":1}`, false},
	}
}

func priced() []document {
	return []document{
		{`query Q($a: Int) { sliced(first: $a) { leaf } }`, `{"a":1}`, true},
		{`query Q($n: Int, $l: Int) { strict(first: $n, last: $l) { leaf many { leaf } } }`, `{"n":1}`, true},
		{`query Q($text: String) { search(text: $text, by: {limit: 3, word: "x"}, in: [{limit: 3}]) }`, `{}`, true},
		{`query Q($b: String) { search(text: $b, in: {limit: 3}) s: search(text: "b", in: {limit: 3}) d: search(text: "b\\") }`, `{"b": "x"}`, true},
		{`query Q($n: Int!) { page(first: $n) { items { leaf } } c: connection(after: "n") { nodes { leaf } } l: latest(last: 1) { leaf } }`, `{"n": 5}`, true},
		{`query Q($a: Int) { many @include(if: false) { leaf } sliced(first: 2) { leaf } l: latest(last: $a) { leaf } }`, `{"a": 1}`, true},
		{`query Q($a: Int, $n: Int) { sliced(first: $a) @skip(if: true) { leaf } l: latest(last: $n) { leaf } c: connection(first: 2) { edges { node { leaf } } } }`, `{"n": 1}`, true},
		{`query Q($n: Int) { ...F } fragment F on Query { sliced(first: $n) { ...G } } fragment G on T { leaf }`, `{"n": 1}`, true},
		{`query Q($n: String!) { __type(name: $n) { name } }`, `{"n": "T"}`, true},
		{`query Q($n: Int) { fresh { leaf ... @defer { many { leaf } } } latest(last: $n) { leaf } }`, `{"n": 1}`, true},
		{`query Q($n: Int = 4) { latest(last: $n) { leaf } }`, `{"n": 1}`, false},
		{`query Q($no: Boolean!) { many @skip(if: $no) { leaf } leaf }`, `{"no": true}`, false},
		{`query Q($no: Boolean) { fresh { leaf ... @defer(if: $no) { many { leaf } } } }`, `{"no": true}`, false},
		{`query Q($n: Int) { search(by: {limit: $n}) }`, `{"n": 1}`, false},
		{`query Q($by: By) { search(by: $by) }`, `{"by":{}}`, true},
		{`query Q($in: [By]) { search(in: $in) }`, `{"in":[]}`, true},
		{`query Q($in: [By]) { search(in: $in) }`, `{"in":[{"more":[{"word":"x"}]}]}`, true},
		{`query Q($with: Defaults) { search(with: $with) }`, `{"with":{"limit":1}}`, true},
		{`query Q($with: Defaults) { search(with: $with) }`, `{"with":{}}`, false},
		{`query P($n: Int) { latest(last: $n) { leaf } } query Q($n: String) { search(text: $n) }`, `{"n": "x"}`, false},
	}
}

// TestKnownDocumentsArePreparedAsNewOnes sends variables of every kind for a
// document that is known, and for the same when nothing is.
func TestKnownDocumentsArePreparedAsNewOnes(t *testing.T) {
	t.Parallel()
	for sdl, all := range map[string][]document{
		readFile(t, "../../schema/supergraph.graphql"):     showcase(t),
		readFile(t, "../testdata/shop/supergraph.graphql"): shop(),
		costSDL: priced(),
	} {
		for _, document := range all {
			planner := newPlanner(t, sdl)
			t.Run("", func(t *testing.T) {
				t.Parallel()
				before := planner.Stats().Documents.Hits
				rapid.Check(t, func(t *rapid.T) { sameAsNew(t, planner, document) })
				if used := planner.Stats().Documents.Hits > before; used != document.steady {
					t.Errorf("a request was served from the cache: %v, want %v\n%s", used, document.steady, document.query)
				}
			})
		}
	}
}

func sameAsNew(t *rapid.T, planner *plan.Planner, document document) {
	r := plan.Request{Query: document.query, Incremental: rapid.Bool().Draw(t, "incremental")}
	if strings.Contains(document.query, "query P(") {
		r.OperationName = "Q"
	}
	planner.ResetRequestCaches()
	warm := r
	warm.Variables = []byte(document.variables)
	if _, err := planner.Prepare(warm); err != nil {
		t.Fatal(err)
	}
	if known := planner.CachedDocuments() == 1; known != document.steady {
		t.Fatalf("it is cached for all variables: %v, want %v\n%s", known, document.steady, document.query)
	}
	r.Variables = []byte(drawVariables(t, document))
	if string(r.Variables) == document.variables {
		return
	}
	got, gotErr := planner.Prepare(r)
	planner.ResetRequestCaches()
	want, wantErr := planner.Prepare(r)
	if diff := cmp.Diff(textOf(wantErr), textOf(gotErr)); diff != "" {
		t.Fatalf("variables %s are refused otherwise when the document is known (-new +known):\n%s", r.Variables, diff)
	}
	if wantErr != nil {
		return
	}
	if got.Plan != want.Plan || got.Memo != want.Memo {
		t.Fatalf("variables %s: another plan", r.Variables)
	}
	newOne, known := *want, *got
	newOne.Plan, newOne.Memo, known.Plan, known.Memo = nil, nil, nil, nil
	if diff := cmp.Diff(newOne, known); diff != "" {
		t.Fatalf("variables %s make another operation (-new +known):\n%s", r.Variables, diff)
	}
}

// textOf is an error with all its fields.
func textOf(err error) string {
	if one, ok := errors.AsType[*gqlerr.Error](err); ok {
		return fmt.Sprintf("%+v", *one)
	}
	return fmt.Sprint(err)
}

// drawVariables draws the document's variables and others, in any JSON.
func drawVariables(t *rapid.T, document document) string {
	if rapid.IntRange(0, 9).Draw(t, "odd") == 0 {
		return rapid.SampledFrom([]string{"", "null", "{}", " { } ", "[]", "1", `"x"`, "{", `{"n":1`, `{"n":1}}`, `{"n":1,}`, "\t{\"n\": 1}", `{"n": 1} `, `{"n":01}`, "{\"n\":\"\n\"}", `{'n':1}`}).Draw(t, "text")
	}
	names := []string{}
	for i, part := range strings.Split(document.query, "$") {
		if name, _, ok := strings.Cut(part, ":"); ok && i > 0 && !strings.ContainsAny(name, ") ") {
			names = append(names, name)
		}
	}
	names = append(names, names...)
	names = append(names, names...)
	names = append(names, "a", "b", "extra", "", `\u006e`, "a.b", "0")
	values := []string{
		"null", "true", "false", "0", "1", "-3", "7", "12", "2147483647", "2147483648", "-2147483649", "1e3", "1.5", "1e400", "123456789012345678901234567890",
		`"x"`, `"mug"`, `"US"`, `"DE"`, `"XX"`, `"OLDEST"`, `""`, `"b\\"`, `"\""`, `"ünï 🧺"`, `"\ud83e\uddfa\n"`, `"\ud83e"`, `"{[(#"`, "\"\xff\"", `"},\"a\":1"`,
		"[]", `["x"]`, "[1,2]", "{}", `{"limit":1}`, `{"limit":null}`, `{"more":{"limit":2}}`, `{"more":[{"word":"x"},{}]}`, `[{"limit":1}, {}]`, `{"limit":1,"words":[{"word":"x"},{}]}`, `{"words":[]}`, `{"limit":2,"words":{"word":"x"}}`, `[{"variantId":"v"}]`, `{"cartId":"c","idempotencyKey":"k"}`, `{"x":{"y":[1]}}`, `{"tags":["a"]}`, `{"tags":"a"}`, strings.Repeat("[", 70) + strings.Repeat("]", 70),
	}
	blanks := rapid.SampledFrom([]string{"", "", "", " ", "\n\t ", "\r\n"})
	out := "{"
	for i := range rapid.IntRange(0, 5).Draw(t, "members") {
		if i > 0 {
			out += ","
		}
		name, value := rapid.SampledFrom(names).Draw(t, "name"), rapid.SampledFrom(values).Draw(t, "value")
		out += blanks.Draw(t, "blank") + `"` + name + `"` + blanks.Draw(t, "blank") + ":" + blanks.Draw(t, "blank") + value + blanks.Draw(t, "blank")
	}
	return out + blanks.Draw(t, "blank") + "}"
}

// TestAKnownDocumentServesManyAtOnce is for the race detector: the normalised
// document is shared.
func TestAKnownDocumentServesManyAtOnce(t *testing.T) {
	t.Parallel()
	planner := newPlanner(t, costSDL)
	const query = `query Q($n: Int!) { sliced(first: $n) { leaf } search(text: "x") }`
	var all sync.WaitGroup
	for from := range 8 {
		all.Go(func() {
			for n := range 50 {
				n += from * 50
				op, err := planner.Prepare(plan.Request{Query: query, Variables: fmt.Appendf(nil, `{"n":%d}`, n)})
				if err != nil || op.Cost != n+5 || string(op.Variables) != fmt.Sprintf(`{"n":%d,"a":"x"}`, n) {
					t.Errorf("n = %d: %+v, %v", n, op, err)
				}
				if _, err := planner.Prepare(plan.Request{Query: query, Variables: fmt.Appendf(nil, `{"n":"%d"}`, n)}); gqlerr.FromError(err).Code() != gqlerr.ValidationFailed {
					t.Errorf("n = \"%d\": %v, want a refusal", n, err)
				}
			}
		})
	}
	all.Wait()
}

// BenchmarkPrepareOtherVariables is the usual request: a known page, of
// another thing each time.
func BenchmarkPrepareOtherVariables(b *testing.B) {
	planner := newPlanner(b, readFile(b, "../../schema/supergraph.graphql"))
	query := readFile(b, "../../schema/operations/ProductPage.graphql")
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		n++
		if _, err := planner.Prepare(plan.Request{Query: query, Variables: fmt.Appendf(nil, `{"slug":"mug-%d","country":"US","postal":"10001"}`, n)}); err != nil {
			b.Fatal(err)
		}
	}
}
