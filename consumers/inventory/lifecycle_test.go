package inventory_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"cartograph/consumers/inventory"
	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/internal/fault"
)

// Every state that a hold of one var_mug of five can be in, and how it comes
// into it.
func inEveryState(t *testing.T, s shop, each func(state inventory.Status, checkout string)) {
	t.Helper()
	must := func(_ inventory.Hold, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for state, reach := range map[inventory.Status]func(checkout string){
		inventory.Unknown:   func(string) {},
		inventory.Held:      func(c string) { s.mustHold(t, c, of("var_mug", 1)) },
		inventory.Rejected:  func(c string) { s.mustHold(t, c, of("var_mug", 1_000)) },
		inventory.Committed: func(c string) { s.mustHold(t, c, of("var_mug", 1)); must(s.Commit(t.Context(), c)) },
		inventory.Released:  func(c string) { s.mustHold(t, c, of("var_mug", 1)); must(s.Release(t.Context(), c)) },
		inventory.Expired: func(c string) {
			s.mustHold(t, c, of("var_mug", 1))
			s.expire(t, c)
			if n, err := s.Sweep(t.Context()); n != 1 || err != nil {
				t.Fatalf("swept %d, %v, want 1", n, err)
			}
		},
		inventory.Returned: func(c string) {
			s.mustHold(t, c, of("var_mug", 1))
			must(s.Commit(t.Context(), c))
			must(s.ReturnStock(t.Context(), c))
		},
	} {
		checkout := "chk_" + string(state)
		reach(checkout)
		each(state, checkout)
	}
}

func TestEveryRequestInEveryState(t *testing.T) {
	t.Parallel()
	type result struct {
		status inventory.Status
		event  string // the outcome
	}
	placed, rejected := event.Type[event.HoldPlaced](), event.Type[event.HoldRejected]()
	committed, failed := event.Type[event.HoldCommitted](), event.Type[event.HoldCommitFailed]()
	released, expired := event.Type[event.HoldReleased](), event.Type[event.HoldExpired]()
	returned := event.Type[event.StockReturned]()

	for name, tt := range map[string]struct {
		call func(s shop) func(context.Context, string) (inventory.Hold, error)
		want map[inventory.Status]result
	}{
		"commit": {func(s shop) func(context.Context, string) (inventory.Hold, error) { return s.Commit }, map[inventory.Status]result{
			inventory.Unknown:   {inventory.Unknown, failed},
			inventory.Held:      {inventory.Committed, committed},
			inventory.Rejected:  {inventory.Rejected, failed},
			inventory.Committed: {inventory.Committed, committed},
			inventory.Released:  {inventory.Released, failed},
			inventory.Expired:   {inventory.Expired, failed},
			inventory.Returned:  {inventory.Returned, failed},
		}},
		"release": {func(s shop) func(context.Context, string) (inventory.Hold, error) { return s.Release }, map[inventory.Status]result{
			inventory.Unknown:   {inventory.Released, released},
			inventory.Held:      {inventory.Released, released},
			inventory.Rejected:  {inventory.Rejected, rejected},
			inventory.Committed: {inventory.Committed, committed},
			inventory.Released:  {inventory.Released, released},
			inventory.Expired:   {inventory.Expired, expired},
			inventory.Returned:  {inventory.Returned, returned},
		}},
		"return": {func(s shop) func(context.Context, string) (inventory.Hold, error) { return s.ReturnStock }, map[inventory.Status]result{
			inventory.Held:      {inventory.Held, placed},
			inventory.Rejected:  {inventory.Rejected, rejected},
			inventory.Committed: {inventory.Returned, returned},
			inventory.Released:  {inventory.Released, released},
			inventory.Expired:   {inventory.Expired, expired},
			inventory.Returned:  {inventory.Returned, returned},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := stocked(t, 50, "var_mug")
			inEveryState(t, s, func(state inventory.Status, checkout string) {
				want, allowed := tt.want[state]
				for range 2 { // the second time changes nothing and publishes the same
					h, err := tt.call(s)(t.Context(), checkout)
					if !allowed {
						if fault.KindOf(err) != fault.NotFound {
							t.Errorf("%s of a hold that is %s: %v, want not found", name, state, err)
						}
						continue
					}
					if err != nil || h.Status != want.status {
						t.Errorf("%s of a hold that is %s = %s, %v, want %s", name, state, h.Status, err, want.status)
					}
					types := s.types(t, checkout)
					if types[len(types)-1] != want.event {
						t.Errorf("%s of a hold that is %s published %v, want %s", name, state, types, want.event)
					}
				}
			})
			s.wantEquation(t)
		})
	}
}

func TestEventsDoWhatCallsDo(t *testing.T) {
	t.Parallel()
	type outcome map[inventory.Status]inventory.Status // of a state, what it becomes
	release := outcome{inventory.Unknown: inventory.Released, inventory.Held: inventory.Released}
	undo := outcome{
		inventory.Unknown: inventory.Released, inventory.Held: inventory.Released, inventory.Committed: inventory.Returned,
	}
	facts := func(c string) event.OrderFacts { return event.OrderFacts{CheckoutID: c, OrderID: "ord_1"} }
	for name, tt := range map[string]struct {
		event   func(checkout string) event.Payload
		becomes outcome
	}{
		"checkoutCancelled": {func(c string) event.Payload { return event.CheckoutCancelled{CheckoutID: c} }, release},
		"checkoutExpired":   {func(c string) event.Payload { return event.CheckoutExpired{CheckoutID: c} }, release},
		"orderCancelled":    {func(c string) event.Payload { return event.OrderCancelled{OrderFacts: facts(c)} }, undo},
		"orderExpired":      {func(c string) event.Payload { return event.OrderExpired{OrderFacts: facts(c)} }, undo},
		"stockCommitDue": {
			func(c string) event.Payload { return event.StockCommitDue{CheckoutID: c} },
			outcome{inventory.Held: inventory.Committed},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := stocked(t, 50, "var_mug")
			inEveryState(t, s, func(state inventory.Status, checkout string) {
				e := eventtest.Envelope(tt.event(checkout))
				for range 2 {
					if err := s.Handle(t.Context(), e); err != nil {
						t.Fatal(err)
					}
				}
				published := s.published(t, checkout)
				if len(published) == 0 || published[len(published)-1].CausationID != e.ID {
					t.Fatalf("%s of a hold that is %s published nothing because of it", name, state)
				}
				because := slices.DeleteFunc(published, func(published event.Envelope) bool { return published.CausationID != e.ID })
				if len(because) != 1 {
					t.Errorf("%s, handled twice, published %d events, want 1", name, len(because))
				}
				want, changes := tt.becomes[state]
				if !changes {
					want = state
				}
				if want != inventory.Unknown && s.status(t, checkout) != string(want) {
					t.Errorf("%s makes a hold that is %s %s, want %s", name, state, s.status(t, checkout), want)
				}
			})
			s.wantEquation(t)
		})
	}
}

func TestRepeatedRequestRepublishesTheState(t *testing.T) {
	t.Parallel()
	s := stocked(t, 5, "var_mug")
	opened := event.CheckoutOpened{CheckoutID: "chk_a", Lines: []event.Line{of("var_mug", 2)}, TTLSeconds: 600}
	s.mustHandle(t, opened)
	first := lastPublished[event.HoldPlaced](t, s, "chk_a")
	s.mustHandle(t, opened)
	if again := lastPublished[event.HoldPlaced](t, s, "chk_a"); !again.ExpiresAt.Equal(first.ExpiresAt) || len(again.Lines) != 1 {
		t.Errorf("returned %+v the second time, want the same as first, %+v", again, first)
	}
	s.mustHandle(t, event.StockCommitDue{CheckoutID: "chk_a"})
	s.mustHandle(t, opened)
	lastPublished[event.HoldCommitted](t, s, "chk_a")
	s.wantFigures(t, "var_mug", 3, 0, 2)
}

func TestReleaseBeforeTheHoldRejectsIt(t *testing.T) {
	t.Parallel()
	s := stocked(t, 5, "var_mug")
	s.mustHandle(t, event.CheckoutCancelled{CheckoutID: "chk_a"})

	if h := s.mustHold(t, "chk_a", of("var_mug", 1)); h.Status != inventory.Released {
		t.Errorf("a hold that comes after its release is %s, want RELEASED", h.Status)
	}
	s.wantFigures(t, "var_mug", 5, 0, 0)
}

func TestOverdueHoldCannotBeCommitted(t *testing.T) {
	t.Parallel()
	s := stocked(t, 5, "var_mug")
	s.mustHold(t, "chk_a", of("var_mug", 2))
	s.expire(t, "chk_a")

	h, err := s.Commit(t.Context(), "chk_a")
	if err != nil || h.Status != inventory.Expired {
		t.Errorf("commit of an overdue hold that was not swept = %s, %v, want EXPIRED", h.Status, err)
	}
	want := []string{event.Type[event.HoldPlaced](), event.Type[event.HoldExpired](), event.Type[event.HoldCommitFailed]()}
	if got := s.types(t, "chk_a"); !slices.Equal(got, want) {
		t.Errorf("published %v, want %v", got, want)
	}
	s.wantFigures(t, "var_mug", 5, 0, 0)
}

func TestCommitTwiceAtOnceSellsOnce(t *testing.T) {
	t.Parallel()
	s := stocked(t, 5, "var_mug")
	s.mustHold(t, "chk_a", of("var_mug", 2))

	g, ctx := errgroup.WithContext(t.Context())
	for range 10 {
		due := eventtest.Envelope(event.StockCommitDue{CheckoutID: "chk_a"})
		g.Go(func() error { return s.Handle(ctx, due) })
		g.Go(func() error { _, err := s.Commit(ctx, "chk_a"); return err })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	s.wantFigures(t, "var_mug", 3, 0, 2)
	s.wantEquation(t)
}

func TestSweepExpiresExactlyWhatIsDue(t *testing.T) {
	t.Parallel()
	const due = 1200
	s := stocked(t, 5000, "var_mug", "var_pot")
	var checkouts []string
	g, ctx := errgroup.WithContext(t.Context())
	for i := range due {
		checkout := fmt.Sprintf("chk_%d", i)
		checkouts = append(checkouts, checkout)
		g.Go(func() error {
			_, err := s.Hold(ctx, request(checkout, of("var_mug", 1), of("var_pot", 2)))
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	s.mustHold(t, "chk_live", of("var_mug", 7))
	s.expire(t, checkouts...)

	runSweeperUntil(t, s, func() bool { return s.figures(t, "var_mug")[1] == 7 })
	s.wantFigures(t, "var_mug", 4993, 7, 0)
	s.wantFigures(t, "var_pot", 5000, 0, 0)
	if got := s.status(t, "chk_live"); got != "HELD" {
		t.Errorf("the live hold is %s, want HELD", got)
	}
	for _, c := range []string{"chk_0", "chk_1199"} {
		lastPublished[event.HoldExpired](t, s, c)
	}
	// One level a batch and variant, not one a hold.
	if n := len(s.types(t, "var_pot")); n > due/2 {
		t.Errorf("%d changes of level were published for %d holds, want far fewer", n, due)
	}
	s.wantEquation(t)
}

// runSweeperUntil runs the sweeper until done, ten seconds at most.
func runSweeperUntil(t *testing.T, s shop, done func() bool) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
	var g errgroup.Group
	g.Go(func() error { return s.RunSweeper(ctx) })
	for !done() && ctx.Err() == nil {
		s.wantEquation(t)
	}
	if ctx.Err() != nil {
		t.Error("the sweeper was not done in ten seconds")
	}
	stop()
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
}

func TestOtherEventTypesAreIgnored(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.mustHandle(t, event.OrderPlaced{OrderFacts: event.OrderFacts{CheckoutID: "chk_a"}})
	var handled int
	if err := s.pool.QueryRow(t.Context(), "SELECT count(*) FROM handled_events").Scan(&handled); err != nil || handled != 0 {
		t.Errorf("%d events were marked, %v, want none", handled, err)
	}
	broken := eventtest.Envelope(event.StockCommitDue{CheckoutID: "chk_a"})
	broken.Data = []byte(`{"checkoutId": 5}`)
	if err := s.Handle(t.Context(), broken); fault.KindOf(err) != fault.Invalid {
		t.Errorf("broken data: %v, want it invalid", err)
	}
	if err := s.Handle(t.Context(), eventtest.Envelope(event.StockCommitDue{})); fault.KindOf(err) != fault.Invalid {
		t.Errorf("no checkout: %v, want it invalid", err)
	}
	if got := s.Topics(); !slices.Equal(got, []event.Topic{event.Orders, event.Products}) {
		t.Errorf("topics = %v, want those of orders and of products with their flash sales", got)
	}
}
