package execute

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/router/execute/arena"
	"cartograph/router/execute/program"
)

func fieldOfKind(name string, v *program.Value) program.Field {
	return program.Field{Name: name, Path: name, Key: []byte(`,"` + name + `":`), Guard: program.NoGuard, Value: v}
}

// overlayAll lays an entity over every object that a field of the data leads to.
func overlayAll(t *testing.T, r *run, entity string, path ...program.Step) {
	t.Helper()
	upper, err := r.values.Read([]byte(entity))
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range r.objectsAt(path, nil) {
		if !r.values.Overlay(object, upper) {
			t.Fatalf("%s does not fit", entity)
		}
	}
}

// A field may depend on the type of an object around its value: the value of an
// entity then differs between its places.
func TestAnEntityBelowObjectsOfTwoTypesIsWrittenForEach(t *testing.T) {
	t.Parallel()
	leaf := &program.Value{Kind: program.Number}
	onlyInA := fieldOfKind("a", leaf)
	onlyInA.OnParents = []program.ParentTypes{{Depth: 1, Types: []string{"A"}}}
	inner := &program.Value{Kind: program.Object, UsesAncestorTypes: true, Fields: []program.Field{onlyInA, fieldOfKind("b", leaf)}}
	outer := &program.Value{Kind: program.Object, NeedsType: true, UsesAncestorTypes: true, Fields: []program.Field{fieldOfKind("inner", inner)}}
	list := &program.Value{Kind: program.List, Item: outer, UsesAncestorTypes: true}
	v := &program.Value{Kind: program.Object, UsesAncestorTypes: true, Fields: []program.Field{fieldOfKind("list", list)}}
	r := newWriter(t, v, `{"list":[{"__typename":"A"},{"__typename":"B"},{"__typename":"A"}]}`, nil)
	overlayAll(t, r, `{"inner":{"a":1,"b":2}}`, program.Step{Name: "list"})
	data, errors := written(t, r)
	if want := `{"list":[{"inner":{"a":1,"b":2}},{"inner":{"b":2}},{"inner":{"a":1,"b":2}}]}`; data != want || errors != nil {
		t.Errorf("data is %s %v, want %s", data, errors, want)
	}
}

func TestAnEntityThatIsNotWholeIsNullAtEachPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		claim              string
		nullable, nullList bool
		data               string
		errors             []string
	}{
		{"a nullable entity", true, true, `{"list":[{"inner":null},{"inner":null}]}`, []string{"INTERNAL list.0.inner.a", "INTERNAL list.1.inner.a"}},
		{"an entity that is not, in a list that is", false, true, `{"list":null}`, []string{"INTERNAL list.0.inner.a"}},
		{"nothing on the way is nullable", false, false, `null`, []string{"INTERNAL list.0.inner.a"}},
	} {
		inner := &program.Value{Kind: program.Object, Nullable: c.nullable, Fields: []program.Field{fieldOfKind("a", &program.Value{Kind: program.Number})}}
		outer := &program.Value{Kind: program.Object, Fields: []program.Field{fieldOfKind("inner", inner)}}
		list := &program.Value{Kind: program.List, Item: outer, Nullable: c.nullList}
		r := newWriter(t, &program.Value{Kind: program.Object, Fields: []program.Field{fieldOfKind("list", list)}}, `{"list":[{},{}]}`, nil)
		overlayAll(t, r, `{"inner":{"a":"no number"}}`, program.Step{Name: "list"})
		data, errors := written(t, r)
		if diff := cmp.Diff(c.errors, errors); diff != "" || data != c.data {
			t.Errorf("%s: data is %s, want %s; errors (-want +got):\n%s", c.claim, data, c.data, diff)
		}
	}
}

// Text that was removed because of a null must not be copied to another place.
func TestTextThatWasRemovedIsNotCopied(t *testing.T) {
	t.Parallel()
	inner := &program.Value{Kind: program.Object, Fields: []program.Field{fieldOfKind("a", &program.Value{Kind: program.Number})}}
	outer := &program.Value{Kind: program.Object, Nullable: true, Fields: []program.Field{fieldOfKind("inner", inner), fieldOfKind("own", &program.Value{Kind: program.String})}}
	list := &program.Value{Kind: program.List, Item: outer}
	r := newWriter(t, &program.Value{Kind: program.Object, Fields: []program.Field{fieldOfKind("list", list)}}, `{"list":[{"own":null},{"own":"x"},{"own":"y"}]}`, nil)
	overlayAll(t, r, `{"inner":{"a":12345}}`, program.Step{Name: "list"})
	data, _ := written(t, r)
	if want := `{"list":[null,{"inner":{"a":12345},"own":"x"},{"inner":{"a":12345},"own":"y"}]}`; data != want {
		t.Errorf("data is %s, want %s", data, want)
	}
}

// Nodes of two runs have the same numbers: what one run has written must not be
// found by the next.
func TestTheTextsOfOneRunAreNotCopiedByTheNext(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	const query = `{ products { id reviews { id body } } }`
	for i := range 30 {
		body := fmt.Sprint("text ", i*i*i*i*i*i)
		got := g.run(t, query, map[string]string{
			"catalog": `{"data":{"products":[{"__typename":"Product","id":"1"},{"__typename":"Product","id":"1"}]}}`,
			"reviews": `{"data":{"_entities":[{"reviews":[{"id":"r","body":"` + body + `"}]}]}}`,
		})
		one := `{"id":"1","reviews":[{"id":"r","body":"` + body + `"}]}`
		got.want(t, body, `{"products":[`+one+`,`+one+`]}`)
	}
	w := writer{sharedValues: map[sharedValue]span{{}: {}}, out: []byte("x"), types: []arena.ID{1}, found: []arena.ID{1}, path: []pathElement{{}}}
	if w.reset(); len(w.sharedValues) > 0 || w.out != nil || len(w.path)+len(w.types)+len(w.found) > 0 {
		t.Errorf("a writer keeps %+v for the next run", w)
	}
}

func TestAFieldThatNoSubgraphResolvesIsAnError(t *testing.T) {
	t.Parallel()
	for nullable, data := range map[bool]string{true: `{"box":null}`, false: `null`} {
		unresolvable := &program.Value{Kind: program.Object, Nullable: true, Unresolvable: true, TypeName: "T"}
		box := &program.Value{Kind: program.Object, Nullable: nullable, Fields: []program.Field{fieldOfKind("a", unresolvable)}}
		v := &program.Value{Kind: program.Object, Fields: []program.Field{fieldOfKind("box", box)}}
		got, errors := written(t, newWriter(t, v, `{"box":{"a":{"x":1}}}`, nil))
		if diff := cmp.Diff([]string{"INTERNAL box.a"}, errors); diff != "" || got != data {
			t.Errorf("data is %s, want %s; errors (-want +got):\n%s", got, data, diff)
		}
	}
}
