package program

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/wundergraph/astjson"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"

	"cartograph/router/supergraph"
)

func set(names ...string) map[string]struct{} {
	out := map[string]struct{}{}
	for _, name := range names {
		out[name] = struct{}{}
	}
	return out
}

func field(name string, v resolve.Node) *resolve.Field {
	return &resolve.Field{Name: []byte(name), Value: v}
}

func guardedField(name string, v resolve.Node) *resolve.Field {
	f := field(name, v)
	f.Info = &resolve.FieldInfo{Name: "own", ExactParentTypeName: "T", HasAuthorizationRule: true, Source: resolve.TypeFieldSource{IDs: []string{"a"}}}
	return f
}

func at(path ...string) *resolve.Integer { return &resolve.Integer{Path: path, Nullable: true} }

// valueOf compiles an object as the data of a plan.
func valueOf(t *testing.T, fields ...*resolve.Field) (*Value, *Program) {
	t.Helper()
	p, err := Compile(&resolve.GraphQLResponse{Data: &resolve.Object{Fields: fields}})
	if err != nil {
		t.Fatal(err)
	}
	return p.Data, p
}

func TestValuesAreCompiledByTheirKind(t *testing.T) {
	t.Parallel()
	path := []string{"p"}
	for claim, c := range map[string]struct {
		node resolve.Node
		want Value
		from string
	}{
		"a string":          {&resolve.String{Path: path, Nullable: true}, Value{Kind: String, Nullable: true}, "p"},
		"a Boolean":         {&resolve.Boolean{Path: path}, Value{Kind: Boolean}, "p"},
		"an integer":        {&resolve.Integer{Path: path}, Value{Kind: Number}, "p"},
		"a float":           {&resolve.Float{Path: path}, Value{Kind: Number}, "p"},
		"a large integer":   {&resolve.BigInt{Path: path}, Value{Kind: Any}, "p"},
		"a custom scalar":   {&resolve.Scalar{Path: path}, Value{Kind: Any}, "p"},
		"an enum":           {&resolve.Enum{Path: path, TypeName: "E", Values: []string{"A", "B"}, InaccessibleValues: []string{"B"}}, Value{Kind: Enum, TypeName: "E", Allowed: map[string]bool{"A": true, "B": false}}, "p"},
		"a static text":     {&resolve.StaticString{Value: `a"b`}, Value{Kind: Static, Text: []byte(`"a\"b"`)}, ""},
		"null":              {&resolve.Null{}, Value{Kind: Static, Text: []byte("null"), Nullable: true}, ""},
		"an empty object":   {&resolve.EmptyObject{}, Value{Kind: Static, Text: []byte("{}")}, ""},
		"an empty list":     {&resolve.EmptyArray{}, Value{Kind: Static, Text: []byte("[]")}, ""},
		"a list":            {&resolve.Array{Path: path, Nullable: true, Item: &resolve.Boolean{}}, Value{Kind: List, Nullable: true, Item: &Value{Kind: Boolean}}, "p"},
		"an object":         {&resolve.Object{Path: path, TypeName: "T", SourceName: "a", Unresolvable: true}, Value{Kind: Object, TypeName: "T", Source: "a", Unresolvable: true}, "p"},
		"one possible type": {&resolve.Object{Path: path, TypeName: "T", PossibleTypes: set("T")}, Value{Kind: Object, TypeName: "T", Possible: []string{"T"}}, "p"},
		"an interface": {
			&resolve.Object{Path: path, TypeName: "I", PossibleTypes: set("B", "A", "C"), InaccessibleTypes: set("C", "B")},
			Value{Kind: Object, TypeName: "I", Possible: []string{"A", "B", "C"}, Hidden: []string{"B", "C"}, Abstract: true},
			"p",
		},
		"an interface of one type": {&resolve.Object{Path: path, TypeName: "I", PossibleTypes: set("A")}, Value{Kind: Object, TypeName: "I", Possible: []string{"A"}, Abstract: true}, "p"},
	} {
		v, _ := valueOf(t, field("f", c.node))
		f := v.Fields[0]
		if diff := cmp.Diff(&c.want, f.Value); diff != "" || f.Path != c.from || f.Name != "f" || string(f.Key) != `,"f":` || f.Guard != NoGuard {
			t.Errorf("%s is the field %q at %q with the key %s and guard %d (-want +got):\n%s", claim, f.Name, f.Path, f.Key, f.Guard, diff)
		}
	}
}

func TestFieldsThatAreNotSupportedAreRefused(t *testing.T) {
	t.Parallel()
	streamed := field("f", at("p"))
	streamed.Stream = &resolve.StreamField{}
	parents := field("f", at("p"))
	parents.ParentOnTypeNames = []resolve.ParentOnTypeNames{{Depth: 1, Names: [][]byte{[]byte("T")}}}
	for claim, f := range map[string]*resolve.Field{
		"a path of two":                field("f", at("p", "q")),
		"no path":                      field("f", at()),
		"a streamed field":             streamed,
		"a type above the root":        parents,
		"JSON in a string":             field("f", &resolve.String{Path: []string{"p"}, UnescapeResponseJson: true}),
		"a list that leaves out items": field("f", &resolve.Array{Path: []string{"p"}, Item: at(), SkipItem: func(*resolve.Context, *astjson.Value) bool { return true }}),
		"a list of an unknown kind":    field("f", &resolve.Array{Path: []string{"p"}, Item: &resolve.CustomNode{}}),
		"an object of an unknown kind": field("f", &resolve.Object{Path: []string{"p"}, Fields: []*resolve.Field{field("g", &resolve.CustomNode{})}}),
	} {
		_, err := Compile(&resolve.GraphQLResponse{Data: &resolve.Object{Fields: []*resolve.Field{f}}})
		if _, ok := errors.AsType[*UnsupportedError](err); !ok {
			t.Errorf("%s: %v, want it refused", claim, err)
		}
	}
}

// What is marked on the way down decides what the writer has to look at.
func TestGuardsAndTypesAreKnownAbove(t *testing.T) {
	t.Parallel()
	nest := func(f *resolve.Field) *resolve.Field { // a field below a list below an object
		inner := &resolve.Object{Fields: []*resolve.Field{f, field("last", at("l"))}}
		return field("outer", &resolve.Object{Path: []string{"o"}, Fields: []*resolve.Field{field("list", &resolve.Array{Path: []string{"i"}, Item: inner}), field("last", at("l"))}})
	}
	onType, onParent := field("f", at("p")), field("f", at("p"))
	onType.OnTypeNames = [][]byte{[]byte("A"), []byte("B")}
	onParent.ParentOnTypeNames = []resolve.ParentOnTypeNames{{Depth: 1, Names: [][]byte{[]byte("C")}}}
	open := guardedField("f", at("p"))
	open.Info.Source.IDs = nil // of no subgraph
	for claim, c := range map[string]struct {
		field *resolve.Field
		want  string // guarded, needs the type, uses types of ancestors: of outer, the list, its items
	}{
		"an ordinary field":       {field("f", at("p")), "--- --- ---"},
		"a guarded field":         {guardedField("f", at("p")), "g-- g-- g--"},
		"a rule of no subgraph":   {open, "--- --- ---"},
		"a field of some types":   {onType, "--- --- -n-"},
		"a field of some parents": {onParent, "-na --a --a"},
	} {
		v, p := valueOf(t, nest(c.field))
		outer := v.Fields[0].Value
		list := outer.Fields[0].Value
		var got []string
		for _, value := range []*Value{outer, list, list.Item} {
			marks := []byte("---")
			for i, set := range []bool{value.Guarded, value.NeedsType, value.UsesAncestorTypes} {
				if set {
					marks[i] = "gna"[i]
				}
			}
			got = append(got, string(marks))
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s is marked %s, want %s", claim, s, c.want)
		}
		f := list.Item.Fields[0]
		switch {
		case strings.Contains(claim, "guarded") && (f.Guard != 0 || p.Guards[0] != supergraph.Coordinate{Type: "T", Field: "own"}):
			t.Errorf("%s has the guard %d of %v", claim, f.Guard, p.Guards)
		case strings.Contains(claim, "types") && fmt.Sprint(f.On) != "[A B]":
			t.Errorf("%s is on %v, want A and B", claim, f.On)
		case strings.Contains(claim, "parents") && fmt.Sprint(f.OnParents) != "[{1 [C]}]":
			t.Errorf("%s is on the parents %v, want C one level up", claim, f.OnParents)
		}
	}
}

func TestAFieldHasOneGuardHoweverOftenItIsSelected(t *testing.T) {
	t.Parallel()
	other := guardedField("c", at("p"))
	other.Info.Name = "other"
	v, p := valueOf(t, guardedField("a", at("p")), other, guardedField("b", at("p")))
	if len(p.Guards) != 2 || v.Fields[0].Guard != 0 || v.Fields[1].Guard != 1 || v.Fields[2].Guard != 0 {
		t.Errorf("guards are %v, of the fields %d, %d and %d", p.Guards, v.Fields[0].Guard, v.Fields[1].Guard, v.Fields[2].Guard)
	}
}

func TestStagesFollowTheTreeOfFetches(t *testing.T) {
	t.Parallel()
	leaf := func(subgraph string) *resolve.FetchTreeNode {
		return single(func(f *resolve.SingleFetch, _ *resolve.FetchItem) { f.Info.DataSourceName = subgraph }).Fetches
	}
	for want, tree := range map[string]*resolve.FetchTreeNode{
		"":            nil,
		"a":           leaf("a"),
		"a b":         resolve.Parallel(leaf("a"), leaf("b")),
		"a|b":         resolve.Sequence(leaf("a"), leaf("b")),
		"a b|c|d":     resolve.Sequence(resolve.Parallel(leaf("a"), leaf("b")), leaf("c"), leaf("d")),
		"a c|b|d":     resolve.Sequence(resolve.Parallel(resolve.Sequence(leaf("a"), leaf("b")), leaf("c")), leaf("d")),
		"a c e|b d|f": resolve.Sequence(resolve.Parallel(resolve.Sequence(leaf("a"), leaf("b")), resolve.Sequence(leaf("c"), leaf("d")), leaf("e")), leaf("f")),
	} {
		p, err := Compile(&resolve.GraphQLResponse{Data: &resolve.Object{}, Fetches: tree})
		if err != nil {
			t.Fatal(err)
		}
		var stages []string
		next := 0
		for _, stage := range p.Stages {
			var names []string
			for _, f := range stage {
				names = append(names, f.Subgraph)
				if f.Index != next {
					t.Errorf("%s: the fetch of %s has the index %d, want %d", want, f.Subgraph, f.Index, next)
				}
				next++
			}
			stages = append(stages, strings.Join(names, " "))
		}
		if got := strings.Join(stages, "|"); got != want || p.Fetches != next {
			t.Errorf("stages are %s with %d fetches, want %s with %d", got, p.Fetches, want, next)
		}
	}
	if _, err := Compile(&resolve.GraphQLResponse{Data: &resolve.Object{}, Fetches: &resolve.FetchTreeNode{Kind: resolve.FetchTreeNodeKindTrigger}}); err == nil {
		t.Error("a tree with a trigger is compiled")
	}
}
