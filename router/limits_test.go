package router_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cartograph/router"
	"cartograph/router/plan"
)

func TestOperationsAreMeasuredBeforeAnythingElse(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(c *router.Config) {
		c.Limits.Operation = plan.Limits{Tokens: 400, Depth: 6, Aliases: 5, RootFields: 4, Fields: 60, FieldsPerName: 20, Directives: 3, OperationName: 10}
		c.Limits.Body = 8 << 10
	})
	nested := func(levels int) string { // products, then bundles, then title
		return `{ products ` + strings.Repeat(`{ bundle `, levels-2) + `{ title }` + strings.Repeat(`}`, levels-2) + ` }`
	}
	list := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	doubling := func(n int) string {
		var b strings.Builder
		fmt.Fprintf(&b, `{ products { ...F%d } } fragment F0 on Product { id title }`, n)
		for i := range n {
			fmt.Fprintf(&b, ` fragment F%d on Product { ...F%d ...F%d }`, i+1, i, i)
		}
		return b.String()
	}
	for _, c := range []struct {
		name, query   string
		limit, actual float64 // 0: accepted
	}{
		{"depth at the limit", nested(6), 0, 0},
		{"depth over", nested(7), 6, 7},
		{"depth through fragments", `{ products { ...A } } fragment A on Product { bundle { ...B } } fragment B on Product { bundle { bundle { bundle { bundle { title } } } } }`, 6, 7},
		{"aliases at the limit", `{ products { ` + list(5, `a%d: title `) + `} }`, 0, 0},
		{"aliases over", `{ products { ` + list(6, `a%d: title `) + `} }`, 5, 6},
		{"aliases in fragments count each time", `{ products { ...A bundle { ...A } } } fragment A on Product { ` + list(3, `a%d: title `) + `}`, 5, 6},
		{"root fields at the limit", `{ me { id } products { id } echo __typename }`, 0, 0},
		{"root fields over", `{ me { id } products { id } echo __typename plan }`, 4, 5},
		{"root fields in fragments", `{ ...A ... { ...A plan } } fragment A on Query { me { id } products { id } echo __typename }`, 4, 5},
		{"fields at the limit", doubling(4), 0, 0}, // 33 fields, 16 of a name
		{"fields of one name over", `{ products { ` + strings.Repeat(`id `, 21) + `} }`, 20, 21},
		{"fields of one name at the limit", `{ products { ` + strings.Repeat(`id `, 20) + `} }`, 0, 0},
		{"fields over by doubling", doubling(10), 60, 0},
		{"a document that would never end", doubling(25), 60, 0},
		{"directives at the limit", `{ a: echo @skip(if: false) b: echo @include(if: true) @skip(if: false) }`, 0, 0},
		{"directives over", `{ a: echo @skip(if: false) b: echo @include(if: true) @skip(if: false) ...F } fragment F on Query { plan @skip(if: true) }`, 3, 4},
		{"name at the limit", `query ABCDEFGHIJ { echo }`, 0, 0},
		{"name over", `query ABCDEFGHIJK { echo }`, 10, 11},
		{"tokens at the limit", `{ echo(list: [` + strings.Repeat(`1 `, 391) + `]) }`, 0, 0},
		{"tokens over", `{ echo(list: [` + strings.Repeat(`1 `, 392) + `]) }`, 400, 401},
		{"brackets", `{ echo(list: ` + strings.Repeat(`[`, 50) + strings.Repeat(`]`, 50) + `) }`, 18, 52},
		{"what is not spread is measured too", `{ __typename } ` + strings.TrimPrefix(doubling(10), `{ products { ...F10 } }`), 60, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			start := time.Now()
			got := s.post(t, c.query)
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("the answer took %v", took)
			}
			if c.limit == 0 {
				if len(got.Errors) > 0 {
					t.Errorf("refused: %s", got.Body)
				}
				return
			}
			if !cmp.Equal(got.codes(), []string{"GRAPHQL_VALIDATION_FAILED"}) {
				t.Fatalf("codes %v, want one GRAPHQL_VALIDATION_FAILED: %.300s", got.codes(), got.Body)
			}
			extensions := got.Errors[0].Extensions
			if extensions["limit"] != c.limit || c.actual > 0 && extensions["actual"] != c.actual {
				t.Errorf("extensions = %v, want limit %v and actual %v", extensions, c.limit, c.actual)
			}
		})
	}
}

func TestCyclesOfFragmentsAreRefused(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	for _, query := range []string{
		`{ products { ...A } } fragment A on Product { ...A }`,
		`{ products { ...A } } fragment A on Product { bundle { ...B } } fragment B on Product { bundle { ...A } }`,
		`{ __typename } fragment A on Product { ...B } fragment B on Product { ...A }`,
	} {
		if codes := s.post(t, query).codes(); !cmp.Equal(codes, []string{"GRAPHQL_VALIDATION_FAILED"}) {
			t.Errorf("%s: codes %v", query, codes)
		}
	}
}

func TestTheWholePublicSchemaIsWithinTheLimits(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	const introspection = `query IntrospectionQuery { __schema { queryType { name } mutationType { name } subscriptionType { name }
		types { ...FullType } directives { name description locations args { ...InputValue } } } }
		fragment FullType on __Type { kind name description fields(includeDeprecated: true) { name description args { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason }
		inputFields { ...InputValue } interfaces { ...TypeRef } enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } }
		fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue }
		fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } }`
	got := s.post(t, introspection)
	if len(got.Errors) > 0 || !strings.Contains(got.Body, `"name":"Voucher"`) {
		t.Errorf("introspection: %.500s", got.Body)
	}
	if fetched := s.fetched(); len(fetched) > 0 {
		t.Errorf("introspection called subgraphs: %v", fetched)
	}
	for name, declared := range map[string]bool{`"defer"`: true, `"stream"`: false, `"__defer_internal"`: false} {
		if strings.Contains(got.Body, name) != declared {
			t.Errorf("the schema declares %s: %t, want %t", name, !declared, declared)
		}
	}
	if codes := s.post(t, `{ products @stream { id } }`).codes(); !cmp.Equal(codes, []string{"GRAPHQL_VALIDATION_FAILED"}) {
		t.Errorf("@stream: codes %v, want a refusal", codes)
	}
}

// TestHostileDocumentsAreCheap has the default limits: documents that
// cost the engine seconds and gigabytes are refused, and the worst that is let
// through is answered soon.
func TestHostileDocumentsAreCheap(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	var doubling, aliases strings.Builder
	doubling.WriteString(`{ products { ...F25 } } fragment F0 on Product { id title }`)
	for i := range 25 {
		fmt.Fprintf(&doubling, ` fragment F%d on Product { ...F%d ...F%d }`, i+1, i, i)
	}
	for i := range 20_000 {
		fmt.Fprintf(&aliases, "a%d: __typename ", i)
	}
	repeated := ""
	for _, field := range []string{"id", "sku", "title", "weight", "__typename"} {
		repeated += strings.Repeat(field+" ", 180)
	}
	for name, c := range map[string]struct {
		query   string
		refused bool
	}{
		"doubling fragments":  {doubling.String(), true},
		"aliases":             {`{ ` + aliases.String() + `}`, true},
		"one field again":     {`{ products { ` + strings.Repeat("id ", 3000) + `} }`, true},
		"nesting":             {strings.Repeat(`{ a `, 50_000) + strings.Repeat(`}`, 50_000), true},
		"nested lists":        {`{ echo(list: ` + strings.Repeat(`[`, 100_000) + strings.Repeat(`]`, 100_000) + `) }`, true},
		"an endless string":   {`{ echo(y: "` + strings.Repeat(`x`, 900_000), true},
		"comments":            {strings.Repeat("#\n", 300_000) + `{ __typename }`, false},
		"the worst we accept": {`{ products { ` + repeated + `bundle { ` + strings.Repeat("weight ", 19) + strings.Repeat("id ", 19) + ` } } }`, false},
	} {
		start := time.Now()
		got := s.post(t, c.query)
		if refused := len(got.Errors) > 0; refused != c.refused {
			t.Errorf("%s: refused is %t: %.200s", name, refused, got.Body)
		}
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("%s: took %v", name, took)
		} else {
			t.Logf("%s: %v", name, took)
		}
	}
}
