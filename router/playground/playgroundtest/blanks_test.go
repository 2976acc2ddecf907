package playgroundtest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	first  = "ord_01KE6P4YM00000000000000001"
	second = "ord_01KE6P4YM00000000000000002"
)

func TestBlanksAreFilledFromTheLatestAnswer(t *testing.T) {
	t.Parallel()
	var b Blanks
	for _, answer := range []string{
		`{"place":{"order":{"id":"` + second + `","quote":{"total":{"amount":"1.00"}}}}}`,
		`{"me":{"orders":{"nodes":[{"id":"` + first + `"},{"id":"` + second + `"}]},"id":null},
		  "checkoutCreate":{"checkout":{"lines":[{"total":{"amount":"2.00"}}],"quote":{"total":{"amount":"3.00"}}}}}`,
	} {
		if err := b.Learn([]byte(answer)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := b.Fill(map[string]any{
		"order": "ord_…", "deep": []any{map[string]any{"amount": "quote.total.amount…", "n": 2.0, "none": nil}},
		"key": "new…", "again": []any{"new…"}, "text": "as it is",
	})
	if err != nil {
		t.Fatal(err)
	}
	if key, again := got["key"], got["again"].([]any)[0]; key == again {
		t.Errorf("two fresh keys are both %v", key)
	}
	delete(got, "key")
	delete(got, "again")
	want := map[string]any{
		"order": first, "deep": []any{map[string]any{"amount": "3.00", "n": 2.0, "none": nil}}, "text": "as it is",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("filled otherwise (-want +got):\n%s", diff)
	}
}

func TestABlankThatNothingIsKnownForIsAnError(t *testing.T) {
	t.Parallel()
	var b Blanks
	for _, variables := range []map[string]any{
		{"id": "crt_…"}, {"input": map[string]any{"id": "crt_…"}}, {"ids": []any{"crt_…"}},
	} {
		if got, err := b.Fill(variables); err == nil || !strings.Contains(err.Error(), "crt_…") {
			t.Errorf("filling %v gave %v and error %v, want an error that names the blank", variables, got, err)
		}
	}
}

func TestABrokenAnswerTeachesNothing(t *testing.T) {
	t.Parallel()
	var b Blanks
	for _, answer := range []string{"", "{", `{"id":`, `{"id":"` + first + `"`, "[1,"} {
		if err := b.Learn([]byte(answer)); err == nil {
			t.Errorf("learnt from %q, want an error", answer)
		}
	}
	if _, err := b.Fill(map[string]any{"id": "ord_…"}); err == nil {
		t.Error("a blank was filled from a broken answer")
	}
}
