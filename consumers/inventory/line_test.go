package inventory_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"cartograph/consumers/inventory"
	"cartograph/internal/event"
	"cartograph/internal/fault"
)

// newcomer is a guest without contact data who is about to buy one unit.
func newcomer(n int, network string) inventory.Entry {
	return inventory.Entry{Holder: fmt.Sprintf("gst_%d", n), Network: network, Guest: true, Lines: []event.Line{of("var_mug", 1)}}
}

// joinOne returns the shortage of one entry, nil if it is its turn.
func (s shop) joinOne(t testing.TB, e inventory.Entry) *event.Shortage {
	t.Helper()
	short, err := s.Join(t.Context(), []inventory.Entry{e})
	if err != nil {
		t.Fatalf("join: %v", err)
	}
	if len(short[0]) == 0 {
		return nil
	}
	return &short[0][0]
}

func (s shop) places(t testing.TB) (n int) {
	t.Helper()
	if err := s.pool.QueryRow(t.Context(), "SELECT count(*)::int FROM line_places").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// wantPosition checks a shortage of one unit whose customer waits in the line.
func wantPosition(t testing.TB, s *event.Shortage, position, reserved int) {
	t.Helper()
	if s == nil || s.Position != position || s.Reserved != reserved || s.Limit != "" {
		t.Fatalf("shortage %+v, want position %d and %d units that may become available", s, position, reserved)
	}
	if in := time.Until(s.RetryAt); in < time.Second || in > 16*time.Second {
		t.Errorf("come back in %s, want 2 to 15 s", in)
	}
	if until := time.Until(s.AvailableAt); until < 0 || until > 11*time.Minute {
		t.Errorf("units may become available in %s, want when a hold or a turn ends", until)
	}
}

// Two replicas decide about one crowd.
func TestACrowdWithoutContactDataGetsAsManyTurnsAsThereAreUnits(t *testing.T) {
	t.Parallel()
	s := stocked(t, 5, "var_mug")
	replicas := []shop{s, shopOn(s.pool)}
	var mu sync.Mutex
	var turns, positions []int
	g, ctx := errgroup.WithContext(t.Context())
	for call := range 40 {
		g.Go(func() error {
			var entries []inventory.Entry
			for i := range 25 {
				entries = append(entries, newcomer(call*25+i, "192.0.2.1"))
			}
			short, err := replicas[call%2].Join(ctx, entries)
			mu.Lock()
			defer mu.Unlock()
			for i, sh := range short {
				switch {
				case len(sh) == 0:
					turns = append(turns, call*25+i)
				case sh[0].Position > 0:
					positions = append(positions, sh[0].Position)
				}
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(positions)
	if len(turns) != 5 || len(positions) != 251 || positions[0] != 6 || positions[250] != 256 || s.places(t) != 256 {
		t.Fatalf("%d turns, %d places in line, %d stored; want 5, positions 6 to 256 and no more", len(turns), len(positions), s.places(t))
	}
	for _, n := range turns { // with contact data, each holds what was kept
		if h := s.holdAs(guest(t, n, "192.0.2.1"), t, fmt.Sprintf("chk_%d", n), of("var_mug", 1)); h.Status != inventory.Held {
			t.Errorf("a guest in turn holds %+v", h)
		}
	}
	if sh := s.joinOne(t, newcomer(5000, "192.0.2.1")); sh == nil || sh.Available != 0 || sh.Reserved != 5 || sh.Position != 252 {
		t.Errorf("the next guest gets %+v, want five reserved units and the place behind all others", sh)
	}
	s.wantFigures(t, "var_mug", 0, 5, 0)
}

func TestATurnIsKeptFromThoseBehindOnly(t *testing.T) {
	t.Parallel()
	s := stocked(t, 2, "var_mug")
	for n := range 2 {
		if sh := s.joinOne(t, newcomer(n, "192.0.2.1")); sh != nil {
			t.Fatalf("the first guests get %+v, want their turn", sh)
		}
	}
	wantPosition(t, s.joinOne(t, newcomer(2, "192.0.2.1")), 3, 2)
	if h := s.holdAs(customer(t, "ada"), t, "chk_ada", of("var_mug", 1)); h.Status != inventory.Held {
		t.Errorf("a customer with an account holds %+v, want a unit that guests have in turn", h)
	}
	if h := s.holdAs(guest(t, 7, "192.0.2.1"), t, "chk_7", of("var_mug", 1)); h.Status != inventory.Held {
		t.Errorf("a guest with contact data holds %+v, want a unit that others have in turn", h)
	}
	s.wantFigures(t, "var_mug", 0, 2, 0)
}

func TestATurnEndsHoweverOftenItsGuestComesBack(t *testing.T) {
	t.Parallel()
	s := stocked(t, 1, "var_mug")
	if sh := s.joinOne(t, newcomer(1, "192.0.2.1")); sh != nil {
		t.Fatalf("the first guest gets %+v, want a turn", sh)
	}
	elapse := func(seconds int) {
		t.Helper()
		const sql = "UPDATE line_places SET ends_at = ends_at - $1 * interval '1 s', turn_ends_at = turn_ends_at - $1 * interval '1 s' WHERE holder = 'gst_1'"
		if _, err := s.pool.Exec(t.Context(), sql, seconds); err != nil {
			t.Fatal(err)
		}
	}
	elapse(100)
	if sh := s.joinOne(t, newcomer(1, "192.0.2.1")); sh != nil {
		t.Fatalf("in its turn the guest gets %+v", sh)
	}
	wantPosition(t, s.joinOne(t, newcomer(2, "192.0.2.1")), 2, 1)
	elapse(30) // the two minutes are over
	if sh := s.joinOne(t, newcomer(2, "192.0.2.1")); sh != nil {
		t.Errorf("the second guest gets %+v, want the turn", sh)
	}
	wantPosition(t, s.joinOne(t, newcomer(1, "192.0.2.1")), 2, 1)
}

// TestHoldsOfOtherVariantsSayNothingAboutThisOne has a turn that ends in two minutes,
// and a hold of something else that ends before.
func TestHoldsOfOtherVariantsSayNothingAboutThisOne(t *testing.T) {
	t.Parallel()
	s := stocked(t, 1, "var_mug", "var_lamp")
	s.mustHold(t, "chk_lamp", of("var_lamp", 1))
	if _, err := s.pool.Exec(t.Context(), "UPDATE holds SET expires_at = now() + interval '20 s'"); err != nil {
		t.Fatal(err)
	}
	if sh := s.joinOne(t, newcomer(1, "192.0.2.1")); sh != nil {
		t.Fatalf("the first guest gets %+v, want a turn", sh)
	}
	if sh := s.joinOne(t, newcomer(2, "192.0.2.1")); sh == nil || time.Until(sh.AvailableAt) < time.Minute {
		t.Errorf("the second guest gets %+v, want it to be available after the turn", sh)
	}
}

func TestUnitsThatBecomeAvailableAreForTheFirstInLine(t *testing.T) {
	t.Parallel()
	s := stocked(t, 1, "var_mug")
	hold := func(n int, attempt string) *event.Shortage {
		h := s.holdAs(guest(t, n, fmt.Sprintf("192.0.2.%d", n)), t, fmt.Sprintf("chk_%d_%s", n, attempt), of("var_mug", 1))
		if h.Status == inventory.Held {
			return nil
		}
		return &h.Shortages[0]
	}
	if hold(1, "first") != nil {
		t.Fatal("the first guest holds nothing")
	}
	wantPosition(t, hold(2, "first"), 1, 1)
	wantPosition(t, hold(3, "first"), 2, 1)
	if _, err := s.Release(t.Context(), "chk_1_first"); err != nil {
		t.Fatal(err)
	}
	wantPosition(t, hold(3, "second"), 2, 1) // it is available, and kept for the other
	if sh := s.joinOne(t, newcomer(4, "192.0.2.4")); sh == nil || sh.Position != 3 {
		t.Errorf("a guest without contact data gets %+v, want the third place", sh)
	}
	if sh := hold(2, "second"); sh != nil {
		t.Errorf("the first in line gets %+v, want the unit", sh)
	}
	wantPosition(t, hold(3, "third"), 1, 1)
}

func TestWhoHasAnAccountGoesBeforeGuests(t *testing.T) {
	t.Parallel()
	s := stocked(t, 1, "var_mug")
	s.holdAs(customer(t, "ada"), t, "chk_ada", of("var_mug", 1))
	wantPosition(t, &s.holdAs(guest(t, 1, "192.0.2.1"), t, "chk_1", of("var_mug", 1)).Shortages[0], 1, 1)
	wantPosition(t, &s.holdAs(customer(t, "eve"), t, "chk_eve", of("var_mug", 1)).Shortages[0], 1, 1)
	if _, err := s.Release(t.Context(), "chk_ada"); err != nil {
		t.Fatal(err)
	}
	wantPosition(t, &s.holdAs(guest(t, 1, "192.0.2.1"), t, "chk_1_again", of("var_mug", 1)).Shortages[0], 2, 1)
	if h := s.holdAs(customer(t, "eve"), t, "chk_eve_again", of("var_mug", 1)); h.Status != inventory.Held {
		t.Errorf("the customer with an account holds %+v", h)
	}
}

func TestANetworkThatFillsTheLineLeavesHalfToOthers(t *testing.T) {
	t.Parallel()
	s := stocked(t, 6, "var_mug")
	for n := range 50 {
		s.joinOne(t, newcomer(n, "192.0.2.1"))
	}
	for n := range 3 {
		if sh := s.joinOne(t, newcomer(100+n, "192.0.2.2")); sh != nil {
			t.Errorf("guest %d of another network gets %+v, want a turn", n, sh)
		}
	}
	if sh := s.joinOne(t, newcomer(200, "192.0.2.2")); sh == nil {
		t.Error("a fourth guest of the other network has a turn, want half of six units")
	}
}

func TestAPlaceThatIsNotRenewedEnds(t *testing.T) {
	t.Parallel()
	s := stocked(t, 1, "var_mug")
	s.joinOne(t, newcomer(1, "192.0.2.1"))
	wantPosition(t, s.joinOne(t, newcomer(2, "192.0.2.1")), 2, 1)
	if _, err := s.pool.Exec(t.Context(), "UPDATE line_places SET ends_at = now() - interval '1 s' WHERE holder = 'gst_1'"); err != nil {
		t.Fatal(err)
	}
	if sh := s.joinOne(t, newcomer(2, "192.0.2.1")); sh != nil {
		t.Errorf("the second in line gets %+v after the first has left, want its turn", sh)
	}
	wantPosition(t, s.joinOne(t, newcomer(1, "192.0.2.1")), 2, 1) // it comes back, and is behind
}

func TestNobodyWaitsForWhatIsSold(t *testing.T) {
	t.Parallel()
	s := stocked(t, 1, "var_mug")
	s.holdAs(customer(t, "ada"), t, "chk_ada", of("var_mug", 1))
	if _, err := s.Commit(t.Context(), "chk_ada"); err != nil {
		t.Fatal(err)
	}
	want := event.Shortage{VariantID: "var_mug", Requested: 1}
	if sh := s.joinOne(t, newcomer(1, "192.0.2.1")); sh == nil || *sh != want {
		t.Errorf("a guest gets %+v, want %+v", sh, want)
	}
	if h := s.holdAs(customer(t, "eve"), t, "chk_eve", of("var_mug", 1)); h.Shortages[0] != want {
		t.Errorf("a customer gets %+v, want %+v", h.Shortages, want)
	}
	if n := s.places(t); n != 0 {
		t.Errorf("%d wait for it", n)
	}
}

func TestOneCallJoinsABoundedNumberOfCustomers(t *testing.T) {
	t.Parallel()
	s := stocked(t, 1, "var_mug")
	for _, n := range []int{0, 1001} {
		if _, err := s.Join(t.Context(), make([]inventory.Entry, n)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%d entries: %v, want them refused", n, err)
		}
	}
}

// Holds, releases and joins at once: whatever the line decides, the stock decides last.
func TestALineSellsNothingTwice(t *testing.T) {
	t.Parallel()
	s := stocked(t, 7, "var_mug")
	g, ctx := errgroup.WithContext(t.Context())
	g.SetLimit(12) // connections; order has one call at a time
	for n := range 60 {
		entry := newcomer(n, fmt.Sprintf("192.0.2.%d", n%3))
		entry.Guest, entry.Contact = n%4 != 0, n%4 == 1
		buyer := guest(t, n, entry.Network)
		g.Go(func() error {
			for attempt := range 3 {
				short, err := s.Join(ctx, []inventory.Entry{entry})
				if err != nil {
					return err
				}
				if len(short[0]) > 0 && n%2 == 0 { // the others do not obey
					continue
				}
				checkout := fmt.Sprintf("chk_%d_%d", n, attempt)
				h, err := s.Hold(buyer, request(checkout, of("var_mug", 1)))
				if err != nil {
					return err
				}
				if h.Status == inventory.Held && n%5 == 0 {
					if _, err := s.Release(ctx, checkout); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	s.wantEquation(t)
}
