package plain_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"pgregory.net/rapid"

	"cartograph/internal/subgraph/plain"
)

func written(t *testing.T, write func(*plain.Writer) bool) string {
	t.Helper()
	m := plain.Marshal(write)
	if m == nil {
		t.Fatal("not written")
	}
	var b bytes.Buffer
	m.MarshalGQL(&b)
	return b.String()
}

func TestStringsAreQuotedAsGqlgenQuotesThem(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := string(rapid.SliceOf(rapid.Byte()).Draw(r, "s")) + rapid.String().Draw(r, "t")
		var want bytes.Buffer
		graphql.MarshalString(s).MarshalGQL(&want)
		if got := written(t, func(w *plain.Writer) bool { w.String(s); return true }); got != want.String() {
			r.Fatalf("%q is written as %s, want %s", s, got, want.String())
		}
	})
}

func TestEmptyObjectsAndListsAreJSON(t *testing.T) {
	got := written(t, func(w *plain.Writer) bool {
		w.Element(0)
		w.EndObject(0)
		w.Element(1)
		w.EndList(0)
		w.Element(2)
		w.Null()
		w.EndList(3)
		return true
	})
	if got != "[{},[],null]" || !json.Valid([]byte(got)) {
		t.Errorf("written as %s", got)
	}
}

func TestWhatIsWrittenDoesNotChangeWithTheNextValue(t *testing.T) {
	first := plain.Marshal(func(w *plain.Writer) bool { w.String("first"); return true })
	plain.Marshal(func(w *plain.Writer) bool { w.String("second"); return true })
	var b bytes.Buffer
	first.MarshalGQL(&b)
	if b.String() != `"first"` {
		t.Errorf("the first value became %s", b.String())
	}
}

func TestAValueThatCannotBeWrittenIsLeftToGqlgen(t *testing.T) {
	for name, write := range map[string]func(*plain.Writer) bool{
		"a refusal": func(w *plain.Writer) bool { w.String("x"); return false },
		"a panic":   func(*plain.Writer) bool { panic("no value") },
	} {
		if m := plain.Marshal(write); m != nil {
			t.Errorf("%s: written", name)
		}
	}
}
