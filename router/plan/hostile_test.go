package plan_test

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

// hostile are documents that cost an unguarded server seconds and gigabytes,
// and the dearest ones that the limits let through.
func hostile() map[string]plan.Request {
	repeat := strings.Repeat
	list := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	var doubling strings.Builder
	doubling.WriteString(`{ products(ids: []) { ...F25 } } fragment F0 on Product { id title }`)
	for i := range 25 {
		fmt.Fprintf(&doubling, ` fragment F%d on Product { ...F%d ...F%d }`, i+1, i, i)
	}
	var wide strings.Builder // fragments that each spread all that are before them
	for i := range 60 {
		fmt.Fprintf(&wide, ` fragment W%d on Product { %s id }`, i, list(i, "...W%d "))
	}
	introspection := `{ __schema { types ` + repeat(`{ fields { type `, 5) + `{ name }` + repeat(` } }`, 5) + ` } }`
	deepJSON := repeat(`{"a":`, 200_000) + `1` + repeat(`}`, 200_000)
	return map[string]plan.Request{
		"a field 4,000 times":        {Query: `{ ` + repeat(`__typename `, 3990) + `}`},
		"a field 200 times":          {Query: `{ products(ids: []) { ` + repeat(`title `, 200) + `} }`},
		"20,000 aliases":             {Query: `{ ` + list(20_000, `a%d: __typename `) + `}`},
		"nested lists":               {Query: `{ search(first: ` + repeat(`[`, 100_000) + repeat(`]`, 100_000) + `) { nodes { id } } }`},
		"nested objects":             {Query: `{ search(filter: ` + repeat(`{a:`, 100_000) + `1` + repeat(`}`, 100_000) + `) { nodes { id } } }`},
		"nested selections":          {Query: repeat(`{ a `, 100_000) + repeat(`}`, 100_000)},
		"doubling fragments":         {Query: doubling.String()},
		"fragments that spread all":  {Query: `{ __typename products(ids: []) { ...W59 } }` + wide.String()},
		"a fragment in itself":       {Query: `{ products(ids: []) { ...A } } fragment A on Product { related { ...B } } fragment B on Product { related { ...A } }`},
		"deep introspection":         {Query: introspection},
		"560 directives":             {Query: `{ __typename ` + repeat(`@include(if: true) `, 560) + `}`},
		"unknown directives":         {Query: `{ __typename ` + list(1900, `@d%d `) + `}`},
		"unknown fields":             {Query: `{ ` + list(1900, `f%d `) + `}`},
		"700 variables":              {Query: `query Q(` + list(700, `$v%d: Int `) + `) { __typename }`},
		"780 operations":             {Query: list(780, `query Q%d{a}`), OperationName: "Q1"},
		"many arguments":             {Query: `{ search(` + list(1300, `a%d:1 `) + `) { nodes { id } } }`},
		"an endless string":          {Query: `{ product(slug: "` + repeat(`x`, 900_000)},
		"a string of quotes":         {Query: `{ product(slug: """` + repeat(`\"""`, 200_000) + `""") { id } }`},
		"comments":                   {Query: repeat("#\n", 400_000) + `{ __typename }`},
		"blanks and commas":          {Query: repeat(" ,", 450_000) + `{ __typename }`},
		"a long name":                {Query: `query ` + repeat(`N`, 900_000) + ` { __typename }`},
		"brackets that never match":  {Query: repeat(`}`, 3900)},
		"nested variables":           {Query: `query Q($v: JSON) { __typename }`, Variables: json.RawMessage(deepJSON)},
		"nested variables of a type": {Query: `query Q($v: ProductFilter) { search(filter: $v) { nodes { id } } }`, Variables: json.RawMessage(`{"v":` + deepJSON + `}`)},
		"many strings in variables":  {Query: `query Q($v: JSON) { __typename }`, Variables: json.RawMessage(`{"v":[` + repeat(`"a",`, 200_000) + `1]}`)},
		"inline fragments":           {Query: `{ products(ids: []) ` + repeat(`{ ... on Product `, 16) + `{ id }` + repeat(` }`, 16) + ` }`},
		"a wide and deep page":       {Query: `{ products(ids: []) { ` + list(25, `a%d: related { id title slug myLastOrder { id number } media { id alt __typename } variants { nodes { id sku price { formatted } quantityInMyCart deliveryEstimates { price { formatted } } } } } `) + ` } }`},
	}
}

// TestHostileDocumentsTakeLittle bounds what each costs: memory here, since it
// is the same on every machine, and time with much to spare.
func TestHostileDocumentsTakeLittle(t *testing.T) {
	const mostBytes, mostTime = 50 << 20, 100 * time.Millisecond
	planner := newPlanner(t, readFile(t, "../../schema/supergraph.graphql"))
	if _, err := planner.Prepare(plan.Request{Query: `{ products(ids: []) { id } }`}); err != nil { // what is done once
		t.Fatal(err)
	}
	const slower = 5 // a machine than the one this was measured on
	for name, req := range hostile() {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := cpuTime(t)
		_, err := planner.Prepare(req)
		took := cpuTime(t) - start
		runtime.ReadMemStats(&after)
		bytes := after.TotalAlloc - before.TotalAlloc
		if bytes > mostBytes {
			t.Errorf("%s takes %d MB, want at most %d", name, bytes>>20, mostBytes>>20)
		}
		if took > mostTime*slower {
			t.Errorf("%s takes %v, want at most %v", name, took, mostTime)
		}
		if code := gqlerr.FromError(err).Code(); err != nil && code == gqlerr.Internal {
			t.Errorf("%s: %.300v", name, err)
		}
		if os.Getenv("SHOW_COSTS") != "" {
			t.Logf("%-28s %8v %6d kB %.100v", name, took.Round(10*time.Microsecond), bytes>>10, err)
		}
	}
}

// TestFieldMergingIsBoundedForTheWholeDocument has operations of which each alone is
// far below the bound: all of them spread one fragment, which is checked for each.
func TestFieldMergingIsBoundedForTheWholeDocument(t *testing.T) {
	t.Parallel()
	planner := newPlanner(t, validationSDL)
	pets := `name`
	for range 8 { // each level checks the one below once for each type of pet
		pets = `owner { pets { ` + pets + ` } } ... on Dog { owner { name } } ... on Cat { owner { name } }`
	}
	document := func(operations int) string {
		var b strings.Builder
		for i := range operations {
			fmt.Fprintf(&b, `query a%d{...F} `, i)
		}
		return b.String() + `fragment F on Query { pet { ` + pets + ` } }`
	}
	if faults := faultsOf(planner, document(1)); faults != nil {
		t.Errorf("one operation is refused: %q", faults)
	}
	faults := faultsOf(planner, document(500))
	if len(faults) != 1 || !strings.Contains(faults[0], "The document has too many overlapping fields: at most 50000 are compared.") {
		t.Errorf("500 operations have the faults %q, want one of the whole document", faults)
	}
}

// cpuTime is that of the process. Unlike the time of day it does not depend on what
// else the machine does; no other test runs during one that is not parallel.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// TestRefusalsAreCached repeats a request and gets the same error, not an equal one.
func TestRefusalsAreCached(t *testing.T) {
	t.Parallel()
	planner := newPlanner(t, costSDL)
	req := plan.Request{Query: `{ ` + strings.Repeat(`a `, 300) + `}`}
	_, first := planner.Prepare(req)
	_, second := planner.Prepare(req)
	if first == nil || first != second { //nolint:errorlint // the very same
		t.Errorf("the refusal of a repeated request is another: %v, before %v", first, second)
	}
}

// TestLongDocumentsEvictNoOthers finds a refusal that was cached before the long texts.
func TestLongDocumentsEvictNoOthers(t *testing.T) {
	t.Parallel()
	planner := newPlanner(t, costSDL)
	short := plan.Request{Query: `{ ` + strings.Repeat(`a `, 300) + `}`}
	_, first := planner.Prepare(short)
	for i := range 20 {
		long := fmt.Sprintf("{ __typename a%d: __typename } # %s", i, strings.Repeat("x", 900<<10))
		if _, err := planner.Prepare(plan.Request{Query: long}); err != nil {
			t.Fatal(err)
		}
	}
	planner.ResetRequestCaches()
	if _, second := planner.Prepare(short); first == nil || first != second { //nolint:errorlint // the very same
		t.Errorf("after 20 long documents the short one is validated again: %v", second)
	}
}

func BenchmarkHostileDocuments(b *testing.B) {
	planner := newPlanner(b, readFile(b, "../../schema/supergraph.graphql"))
	for name, req := range hostile() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				req.OperationName = fmt.Sprint("again", i) // never the same, so never from the cache
				_, _ = planner.Prepare(req)
			}
		})
	}
}

// BenchmarkKnownDocument is what a document costs that was prepared before.
func BenchmarkKnownDocument(b *testing.B) {
	planner := newPlanner(b, readFile(b, "../../schema/supergraph.graphql"))
	query := readFile(b, "../../schema/operations/ProductPage.graphql")
	for name, variables := range map[string]string{"page": `{"slug":"mug","country":"US","postal":"10001"}`, "small": ""} {
		req := plan.Request{Query: query, Variables: json.RawMessage(variables)}
		if variables == "" {
			req.Query = `{ me { id } }`
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := planner.Prepare(req); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
