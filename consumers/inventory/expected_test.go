package inventory_test

import (
	"strings"
	"testing"

	"cartograph/consumers/inventory/db"
	"cartograph/internal/event"
	"cartograph/internal/pgtest"
)

// A call has published the outcome; the event with the same request publishes nothing
// new. Another request, whose sender missed the outcome, publishes it again.
func TestExpectedEventsCostNoStatement(t *testing.T) {
	t.Parallel()
	pool, statements := pgtest.NewCounted(t, db.Migrations())
	s := shopOn(pool)
	s.receive(t, 5, "var_mug")
	opened := event.CheckoutOpened{CheckoutID: "chk_a", Lines: []event.Line{of("var_mug", 2)}, TTLSeconds: 600}
	commitDue := event.StockCommitDue{CheckoutID: "chk_a"}

	s.mustHold(t, "chk_a", opened.Lines...)
	wantStatements(t, statements, "the event of a hold", 0, func() { s.mustHandle(t, opened) })
	if published := s.published(t, "chk_a"); len(published) != 1 {
		t.Errorf("published %d times, want once", len(published))
	}
	s.mustHandle(t, opened)
	if published := s.published(t, "chk_a"); len(published) != 2 {
		t.Errorf("after a repeated request it was published %d times, want twice", len(published))
	}

	wantStatements(t, statements, "a commit", 7, func() {
		if _, err := s.Commit(t.Context(), "chk_a"); err != nil {
			t.Fatal(err)
		}
	})
	wantStatements(t, statements, "the event of a commit", 0, func() { s.mustHandle(t, commitDue) })
	s.mustHandle(t, commitDue)
	lastPublished[event.HoldCommitted](t, s, "chk_a")
	s.wantFigures(t, "var_mug", 3, 0, 2)
}

func wantStatements(t *testing.T, statements *pgtest.Statements, what string, most int, do func()) {
	t.Helper()
	statements.Reset()
	do()
	if n := statements.N(); n > most {
		t.Errorf("%s costs %d statements, want %d at most:\n%s", what, n, most, strings.Join(statements.SQL(), "\n"))
	}
}
