package check

import (
	"context"
	"errors"
	"maps"
	"testing"
	"testing/synctest"
	"time"
)

// violated is an invariant that its row x violates the first times it is read.
func violated(name string, times int, reads *int) invariant {
	return invariant{name: name, find: func(context.Context, *System) (int, map[string]string, error) {
		if *reads++; *reads > times {
			return 1, map[string]string{}, nil
		}
		return 1, map[string]string{"x": "broken"}, nil
	}}
}

const always = 1 << 30

func TestAnInvariantThatStaysBrokenTakesNoTimeFromOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var first, second, third, fourth int
		began := time.Now()
		results, err := run(t.Context(), &System{Grace: 30 * time.Second}, []invariant{
			violated("broken", always, &first), violated("under way", 20, &second), violated("broken too", always, &third), violated("in order", 0, &fourth),
		})
		if err != nil {
			t.Fatal(err)
		}
		for n, want := range []int{1, 0, 1, 0} {
			if r := results[n]; len(r.Violations) != want || r.Checked != 1 {
				t.Errorf("%+v, want %d violations", r, want)
			}
		}
		if took := time.Since(began); took > 40*time.Second || fourth != 1 {
			t.Errorf("took %s and read what is in order %d times, want about the grace, and once", took, fourth)
		}
	})
}

// Rows that violate an invariant for a moment each are steps under way.
func TestOnlyWhatIsFoundEachTimeIsReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		found := []map[string]string{{"a": "1", "b": "1"}, {"b": "2", "c": "2"}, {"a": "3", "b": "3"}}
		reads := 0
		results, err := run(t.Context(), &System{Grace: 2 * time.Second}, []invariant{{find: func(context.Context, *System) (int, map[string]string, error) {
			reads++
			return 3, maps.Clone(found[min(reads, len(found))-1]), nil
		}}})
		if err != nil || len(results) != 1 || !maps.Equal(results[0].Violations, map[string]string{"b": "3"}) || reads < 3 {
			t.Errorf("%+v, %v after %d reads, want b as it was found last", results, err, reads)
		}
	})
}

// A gap in the log is one for ever, and the log is long.
func TestTheLogIsReadOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reads := 0
		gap := violated("gap", always, &reads)
		gap.log = true
		results, err := run(t.Context(), &System{Brokers: []string{"127.0.0.1:1"}, Grace: time.Minute}, []invariant{gap})
		if err != nil || reads != 1 || len(results[0].Violations) != 1 {
			t.Errorf("%+v, %v after %d reads, want the gap after one", results, err, reads)
		}
	})
}

func TestWithoutAGraceEachInvariantIsReadOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reads := 0
		if _, err := run(t.Context(), &System{}, []invariant{violated("broken", always, &reads)}); err != nil || reads != 1 {
			t.Errorf("%d reads, %v, want one", reads, err)
		}
	})
}

func TestAnInvariantThatCannotBeReadFailsTheCheck(t *testing.T) {
	t.Parallel()
	gone := errors.New("connection refused")
	_, err := run(t.Context(), &System{}, []invariant{{name: "stock", find: func(context.Context, *System) (int, map[string]string, error) { return 0, nil, gone }}})
	if !errors.Is(err, gone) {
		t.Errorf("%v, want why it was not read", err)
	}
}
