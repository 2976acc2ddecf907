package execute

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cartograph/router/execute/arena"
	"cartograph/router/execute/program"
	"cartograph/router/gqlerr"
)

// newWriter returns a run whose data is the JSON text, ready to write a response.
func newWriter(t testing.TB, v *program.Value, text string, denials []gqlerr.Code) *run {
	t.Helper()
	r := &run{executor: newExecutor(nil), ctx: t.Context(), program: &program.Program{Data: v}, denials: denials, hasData: true}
	r.masker = errorMasker{executor: r.executor, requestID: "r"}
	data, err := r.values.Read([]byte(text))
	if err != nil {
		t.Fatalf("data of the test: %v: %s", err, text)
	}
	r.data = data
	return r
}

// written writes the response and returns its data as text, and the code and path
// of each error in order.
func written(t testing.TB, r *run) (data string, errors []string) {
	t.Helper()
	body, _, err := r.writeResponse()
	if err != nil {
		t.Fatal(err)
	}
	var response struct {
		Errors []struct {
			Path       []any
			Extensions struct{ Code string }
		}
		Data json.RawMessage
	}
	if err := json.Unmarshal(body, &response); err != nil {
		t.Fatalf("response is not JSON: %v: %s", err, body)
	}
	for _, e := range response.Errors {
		var path []string
		for _, step := range e.Path {
			path = append(path, fmt.Sprint(step))
		}
		errors = append(errors, e.Extensions.Code+" "+strings.Join(path, "."))
	}
	slices.Sort(errors)
	return string(response.Data), errors
}

var (
	typeNames = []string{"A", "B", "C"}
	leaves    = map[program.Kind][]string{
		program.String:  {`"a"`, `""`, `"é\u00e9\"\\\/\n"`, `"` + "\u2028" + `{}[],:"`},
		program.Boolean: {`true`, `false`},
		program.Number:  {`0`, `-0`, `1e400`, `12345678901234567890.50`, `9007199254740993`},
		program.Enum:    {`"RED"`, `"HIDDEN"`, `"OTHER"`},
		program.Any:     {`{"b":[1,2.0],"a":{}}`, `[]`, `"x"`, `1.0`, `true`},
	}
)

// drawValue draws a type: a tree of fields, some of them guarded or of certain
// runtime types only.
func drawValue(t *rapid.T, depth int) *program.Value {
	kinds := []program.Kind{program.String, program.Boolean, program.Number, program.Enum, program.Any, program.Static}
	if depth > 0 {
		kinds = append(kinds, program.Object, program.Object, program.Object, program.List, program.List)
	}
	v := &program.Value{Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Nullable: rapid.Bool().Draw(t, "nullable")}
	switch v.Kind {
	case program.Enum:
		v.Allowed = map[string]bool{"RED": true, "HIDDEN": false}
	case program.Static:
		v.Text = []byte(`"static"`)
	case program.List:
		v.Item = drawValue(t, depth-1)
		v.Guarded, v.UsesAncestorTypes = v.Item.Guarded, v.Item.UsesAncestorTypes
	case program.Object:
		drawFields(t, v, depth)
	default: // a leaf
	}
	return v
}

func drawFields(t *rapid.T, v *program.Value, depth int) {
	v.NeedsType, v.Abstract = true, rapid.Bool().Draw(t, "abstract")
	if v.Abstract {
		v.Possible = typeNames[:2]
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "fields") {
		name := fmt.Sprintf("f%d", i)
		f := program.Field{Name: name, Key: []byte(`,"` + name + `":`), Path: name, Guard: program.NoGuard, Value: drawValue(t, depth-1)}
		switch rapid.IntRange(0, 7).Draw(t, "condition") {
		case 0:
			f.Guard = rapid.IntRange(0, 2).Draw(t, "guard")
		case 1:
			f.On = typeNames[:1]
		case 2:
			f.OnParents = []program.ParentTypes{{Depth: 0, Types: typeNames[1:]}}
		case 3:
			f.Path = "other" // an alias of another field's data
		}
		v.Guarded = v.Guarded || f.Guard != program.NoGuard || f.Value.Guarded
		v.UsesAncestorTypes = v.UsesAncestorTypes || f.OnParents != nil || f.Value.UsesAncestorTypes
		v.Fields = append(v.Fields, f)
	}
}

// drawDatum draws data for a type, of which about one value in ten is wrong.
func drawDatum(t *rapid.T, v *program.Value) *datum {
	switch rapid.IntRange(0, 29).Draw(t, "fault") {
	case 0:
		return nil
	case 1:
		return leaf("null")
	case 2:
		return leaf(rapid.SampledFrom([]string{`{}`, `[]`, `"wrong"`, `7`, `false`}).Draw(t, "wrong"))
	}
	switch v.Kind {
	case program.List:
		out := &datum{kind: '['}
		for range rapid.IntRange(0, 3).Draw(t, "items") {
			item := drawDatum(t, v.Item)
			if item == nil {
				item = leaf("null")
			}
			out.items = append(out.items, item)
		}
		return out
	case program.Object:
		out := &datum{kind: '{', fields: map[string]*datum{"__typename": leaf(`"` + rapid.SampledFrom(typeNames).Draw(t, "type") + `"`)}}
		for _, f := range v.Fields {
			if out.fields[f.Path] == nil {
				out.names = append(out.names, f.Path)
				out.fields[f.Path] = drawDatum(t, f.Value)
			}
		}
		out.names = rapid.Permutation(append(out.names, "__typename")).Draw(t, "order")
		return out
	case program.Static:
		return nil
	default:
		return leaf(rapid.SampledFrom(leaves[v.Kind]).Draw(t, "leaf"))
	}
}

func drawDenials(t *rapid.T) []gqlerr.Code {
	return rapid.SampledFrom([][]gqlerr.Code{nil, {gqlerr.Forbidden, "", gqlerr.Unauthenticated}}).Draw(t, "denials")
}

func TestResponsesAreCompletedByTheSpecification(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		v := &program.Value{Kind: program.Object}
		drawFields(rt, v, 4)
		v.Abstract, v.Possible = false, nil
		x, denials := drawDatum(rt, v), drawDenials(rt)
		text := x.text()
		want, wantErrors := (&reference{denials: denials}).response(v, x)
		data, errors := written(t, newWriter(t, v, text, denials))
		if data != want {
			rt.Fatalf("data is\n%s, want\n%s\nof the subgraph's %s", data, want, text)
		}
		if !slices.Equal(errors, wantErrors) {
			rt.Fatalf("errors are %v, want %v\nof the subgraph's %s", errors, wantErrors, text)
		}
	})
}

// An entity at several places is written from its first text: that must be what
// writing it at each place would give, with the errors of each.
func TestAnEntityAtSeveralPlacesIsWrittenAlikeAtEach(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		entity := &program.Value{Kind: program.Object, Nullable: rapid.Bool().Draw(rt, "nullable entity")}
		drawFields(rt, entity, 4)
		entity.Abstract, entity.Possible = false, nil
		list := &program.Value{Kind: program.List, Item: entity, Nullable: true, Guarded: entity.Guarded, UsesAncestorTypes: entity.UsesAncestorTypes}
		v := &program.Value{Kind: program.Object, Guarded: list.Guarded, UsesAncestorTypes: list.UsesAncestorTypes, Fields: []program.Field{
			{Name: "list", Key: []byte(`,"list":`), Path: "list", Guard: program.NoGuard, Value: list},
		}}
		x := drawDatum(rt, entity)
		if x == nil || x.kind != '{' {
			rt.Skip("not an entity")
		}
		text, denials := x.text(), drawDenials(rt)
		places := rapid.IntRange(1, 4).Draw(rt, "places")
		expanded := &datum{kind: '{', fields: map[string]*datum{"list": {kind: '[', items: slices.Repeat([]*datum{x}, places)}}}
		want, wantErrors := (&reference{denials: denials}).response(v, expanded)

		r := newWriter(t, v, `{"list":[`+strings.TrimSuffix(strings.Repeat(`{},`, places), ",")+`]}`, denials)
		upper, err := r.values.Read([]byte(text))
		if err != nil {
			rt.Fatal(err)
		}
		for at := r.values.First(r.values.Get(r.data, "list")); at != arena.None; at = r.values.Next(at) {
			if !r.values.Overlay(at, upper) {
				rt.Fatalf("%s does not overlay an object without fields", text)
			}
		}
		data, errors := written(t, r)
		if data != want || !slices.Equal(errors, wantErrors) {
			rt.Fatalf("%d places have\n%s %v, want\n%s %v\nof the entity %s", places, data, errors, want, wantErrors, text)
		}
	})
}
