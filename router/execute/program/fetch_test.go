package program

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/ast"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/datasource/graphql_datasource"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"
)

// described is a fetch in one line: its subgraph and kind, root fields, guards by
// name, dependencies, and of each list of entities the path, with the types that
// it leads from, and the path for errors.
func described(p *Program, f *Fetch) string {
	kind := "query"
	if !f.Query {
		kind = "mutation"
	}
	out := fmt.Sprintf("%s %s roots:%v guards:%s needs:%d", f.Subgraph, kind, f.Roots, guarded(p, f.Guards), len(f.DependsOn))
	for _, e := range f.Entities {
		var path []string
		for _, step := range e.Path {
			path = append(path, strings.TrimSuffix(fmt.Sprint(step.Name, step.Types), "[]"))
		}
		out += fmt.Sprintf(" {%s errors:%s single:%v guards:%s}", strings.Join(path, "."), strings.Join(e.Response, "."), e.Single, guarded(p, e.Guards))
	}
	return out
}

func guarded(p *Program, guards []int) string {
	var names []string
	for _, g := range guards {
		if g == NoGuard {
			names = append(names, "-")
			continue
		}
		names = append(names, p.Guards[g].Field)
	}
	return "[" + strings.Join(names, " ") + "]"
}

func TestFetchesAreDescribedByThePlan(t *testing.T) {
	t.Parallel()
	for query, want := range map[string][]string{
		`{ greeting me { id } secret }`: {"accounts query roots:[greeting me secret] guards:[- - secret] needs:0"},
		`{ g: greeting latestReviews { product { title } } }`: {
			"accounts query roots:[g] guards:[-] needs:0", "reviews query roots:[latestReviews] guards:[-] needs:0",
			"catalog query roots:[] guards:[-] needs:1 {latestReviews.product errors:latestReviews.product single:false guards:[-]}",
		},
		`{ product(id: "1") { freight } }`: {
			"catalog query roots:[product] guards:[-] needs:0", "reviews query roots:[] guards:[-] needs:1 {product errors:product single:true guards:[-]}",
		},
		`{ latestReviews { author { email } } }`: {
			"reviews query roots:[latestReviews] guards:[-] needs:0",
			"accounts query roots:[] guards:[email] needs:1 {latestReviews.author errors:latestReviews.author single:false guards:[email]}",
		},
		`mutation { rename(name: "x") { reviews { id } } }`: {
			"accounts mutation roots:[rename] guards:[rename] needs:0", "reviews query roots:[] guards:[-] needs:1 {rename errors:rename single:true guards:[-]}",
		},
	} {
		p := mustCompile(t, query)
		var got []string
		ids := map[int]bool{}
		for _, stage := range p.Stages {
			for _, f := range stage {
				got = append(got, described(p, f))
				for _, need := range f.DependsOn {
					if !ids[need] {
						t.Errorf("%s: a fetch of %s needs %d, which no stage before has", query, f.Subgraph, need)
					}
				}
			}
			for _, f := range stage {
				if ids[f.ID] {
					t.Errorf("%s: two fetches have the id %d", query, f.ID)
				}
				ids[f.ID] = true
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
		if p.Mutation != strings.HasPrefix(query, "mutation") {
			t.Errorf("%s is a mutation: %v", query, p.Mutation)
		}
	}
}

func TestAPathLeadsFromTheTypesOfThePlan(t *testing.T) {
	t.Parallel()
	var e Entities
	e.setPath(&resolve.FetchItem{
		FetchPath:            []resolve.FetchItemPathElement{{Path: []string{"a", "b"}, TypeNames: []string{"T"}}, {Path: []string{"c"}}},
		ResponsePathElements: []string{"a", "@", "b", "c", "@"},
	})
	if diff := cmp.Diff([]Step{{Name: "a", Types: []string{"T"}}, {Name: "b"}, {Name: "c"}}, e.Path); diff != "" {
		t.Errorf("path (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, e.Response); diff != "" {
		t.Errorf("path for errors (-want +got):\n%s", diff)
	}
}

// single is a plan of one root fetch that is supported; edit changes it.
func single(edit func(*resolve.SingleFetch, *resolve.FetchItem)) *resolve.GraphQLResponse {
	fetch := &resolve.SingleFetch{
		FetchConfiguration: resolve.FetchConfiguration{
			DataSource:     &graphql_datasource.Source{},
			PostProcessing: resolve.PostProcessingConfiguration{SelectResponseDataPath: []string{"data"}, SelectResponseErrorsPath: []string{"errors"}},
		},
		InputTemplate: resolve.InputTemplate{Segments: []resolve.TemplateSegment{{SegmentType: resolve.StaticSegmentType, Data: []byte(`{"method":"POST","url":"http://a","body":{"query":"{a}"}}`)}}},
		Info:          &resolve.FetchInfo{DataSourceName: "a", OperationType: ast.OperationTypeQuery},
	}
	item := &resolve.FetchItem{Fetch: fetch}
	edit(fetch, item)
	return &resolve.GraphQLResponse{Data: &resolve.Object{}, Fetches: &resolve.FetchTreeNode{Kind: resolve.FetchTreeNodeKindSingle, Item: item}}
}

// A program does all that its plan demands: what the compiler does not support is
// left to the engine, and not left out.
func TestWhatAFetchDemandsIsSupportedOrRefused(t *testing.T) {
	t.Parallel()
	text := func(s string) resolve.TemplateSegment {
		return resolve.TemplateSegment{SegmentType: resolve.StaticSegmentType, Data: []byte(s)}
	}
	variable := resolve.TemplateSegment{
		SegmentType: resolve.VariableSegmentType, VariableKind: resolve.ContextVariableKind, VariableSourcePath: []string{"v"}, Renderer: resolve.NewJSONVariableRenderer(),
	}
	input := func(segments ...resolve.TemplateSegment) func(*resolve.SingleFetch, *resolve.FetchItem) {
		return func(f *resolve.SingleFetch, _ *resolve.FetchItem) { f.InputTemplate.Segments = segments }
	}
	const head = `{"method":"POST","url":"http://a","body":{"query":"q","variables":{`
	header := variable
	header.VariableKind = resolve.HeaderVariableKind
	noPath := variable
	noPath.VariableSourcePath = nil
	plain := variable
	plain.Renderer = resolve.NewPlainVariableRenderer()
	for claim, c := range map[string]struct {
		edit   func(*resolve.SingleFetch, *resolve.FetchItem)
		reason string
	}{
		"a root fetch":           {func(*resolve.SingleFetch, *resolve.FetchItem) {}, ""},
		"a variable":             {input(text(head+`"a":`), variable, text(`}}}`)), ""},
		"two variables":          {input(text(head+`"a":`), variable, text(`,"b":`), variable, text(`}}}`)), ""},
		"no subgraph":            {func(f *resolve.SingleFetch, _ *resolve.FetchItem) { f.Info.DataSourceName = "" }, "subgraph"},
		"no information":         {func(f *resolve.SingleFetch, _ *resolve.FetchItem) { f.Info = nil }, "subgraph"},
		"another data source":    {func(f *resolve.SingleFetch, _ *resolve.FetchItem) { f.DataSource = nil }, "data source"},
		"a place below the root": {func(_ *resolve.SingleFetch, i *resolve.FetchItem) { i.FetchPath = []resolve.FetchItemPathElement{{}} }, ""},
		"data at another place": {func(f *resolve.SingleFetch, _ *resolve.FetchItem) {
			f.PostProcessing.SelectResponseDataPath = []string{"x"}
		}, "response at"},
		"errors at another place": {func(f *resolve.SingleFetch, _ *resolve.FetchItem) {
			f.PostProcessing.SelectResponseErrorsPath = []string{"x"}
		}, "response at"},
		"a response to merge elsewhere": {func(f *resolve.SingleFetch, _ *resolve.FetchItem) { f.PostProcessing.MergePath = []string{"x"} }, "response at"},
		"no input":                      {input(), "static prefix"},
		"no body":                       {input(text(`{"method":"POST","url":"http://a"}`)), "without a body"},
		"a GET":                         {input(text(`{"method":"GET","url":"http://a","body":{}}`)), "plain POST"},
		"a header of its own":           {input(text(`{"method":"POST","url":"http://a","header":{"a":["b"]},"body":{}}`)), "plain POST"},
		"another member":                {input(text(`{"method":"POST","url":"http://a","x":"y","body":{}}`)), "plain POST"},
		"an open envelope":              {input(text(`{"method":"POST","url":"http://a","body":{"query":"q"`)), "closing brace"},
		"a variable first":              {input(variable), "without a name"},
		"two variables without a name":  {input(text(head+`"a":`), variable, variable), "without a name"},
		"a variable in a list":          {input(text(head+`"a":[`), variable, text(`]}}}`)), "no member"},
		"a variable with text before":   {input(text(head+`"a": `), variable, text(`}}}`)), "no member"},
		"a variable that is nested":     {input(text(head+`"a":{"b":`), variable, text(`}}}}`)), "inside another"},
		"a header as a variable":        {input(text(head+`"a":`), header, text(`}}}`)), "variable of kind"},
		"a variable without a path":     {input(text(head+`"a":`), noPath, text(`}}}`)), "variable of kind"},
		"a variable that is not JSON":   {input(text(head+`"a":`), plain, text(`}}}`)), "variable written by"},
	} {
		p, err := Compile(single(c.edit))
		if c.reason == "" {
			if err != nil || p.Fetches != 1 {
				t.Errorf("%s: %v, want it compiled", claim, err)
			}
			continue
		}
		if refused, ok := errors.AsType[*UnsupportedError](err); !ok || !strings.Contains(refused.Reason, c.reason) {
			t.Errorf("%s: %v, want it refused for %q", claim, err, c.reason)
		}
	}
}

func TestEqualDocumentsOfOneSubgraphAreDuplicates(t *testing.T) {
	t.Parallel()
	fetch := func(subgraph, text string) *Fetch {
		return &Fetch{Subgraph: subgraph, Prefix: []Piece{{Static: []byte(text)}}}
	}
	for claim, c := range map[string]struct {
		stages [][]*Fetch
		want   bool
	}{
		"one fetch":               {[][]*Fetch{{fetch("a", "q")}}, false},
		"two documents":           {[][]*Fetch{{fetch("a", "q"), fetch("a", "r")}}, false},
		"two subgraphs":           {[][]*Fetch{{fetch("a", "q"), fetch("b", "q")}}, false},
		"names that run together": {[][]*Fetch{{fetch("a", "bq"), fetch("ab", "q")}}, false},
		"equal in one stage":      {[][]*Fetch{{fetch("a", "q"), fetch("a", "q")}}, true},
		"equal in two stages":     {[][]*Fetch{{fetch("a", "q")}, {fetch("b", "q"), fetch("a", "q")}}, true},
	} {
		if got := hasDuplicates(c.stages); got != c.want {
			t.Errorf("%s: duplicates %v, want %v", claim, got, c.want)
		}
	}
}
