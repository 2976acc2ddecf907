package inventory_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"cartograph/consumers/inventory"
	"cartograph/consumers/inventory/db"
	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/internal/pgtest"
)

func TestStockIsNeverOversold(t *testing.T) {
	t.Parallel()
	for _, buyers := range []int{200, 1000} {
		t.Run(fmt.Sprintf("%d buyers want one of 5", buyers), func(t *testing.T) {
			t.Parallel()
			s := stocked(t, 5, "var_mug")

			var held, rejected atomic.Int32
			g, ctx := errgroup.WithContext(t.Context())
			for i := range buyers {
				g.Go(func() error {
					h, err := s.Hold(ctx, request(fmt.Sprintf("chk_%d", i), of("var_mug", 1)))
					switch h.Status {
					case inventory.Held:
						held.Add(1)
					case inventory.Rejected:
						rejected.Add(1)
					default:
						t.Errorf("a hold is %s", h.Status)
					}
					return err
				})
			}
			if err := g.Wait(); err != nil {
				t.Fatal(err)
			}
			if held.Load() != 5 || int(rejected.Load()) != buyers-5 {
				t.Errorf("%d buyers hold one and %d were refused, want 5 and %d", held.Load(), rejected.Load(), buyers-5)
			}
			s.wantFigures(t, "var_mug", 0, 5, 0)
			s.wantEquation(t)
		})
	}
}

func TestCallsAndEventsTogetherNeverOversell(t *testing.T) {
	t.Parallel()
	s := stocked(t, 5, "var_mug")

	g, ctx := errgroup.WithContext(t.Context())
	for i := range 60 {
		checkout := fmt.Sprintf("chk_%d", i)
		opened := eventtest.Envelope(event.CheckoutOpened{CheckoutID: checkout, Lines: []event.Line{of("var_mug", 1)}, TTLSeconds: 600})
		g.Go(func() error { return s.Handle(ctx, opened) })
		g.Go(func() error {
			_, err := s.Hold(ctx, request(checkout, of("var_mug", 1)))
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	s.wantFigures(t, "var_mug", 0, 5, 0)
	s.wantEquation(t)
}

func TestCartsThatShareVariantsDoNotDeadlock(t *testing.T) {
	t.Parallel()
	const buyers, each = 300, 100
	variants := []string{"var_a", "var_b", "var_c", "var_d", "var_e"}
	s, deadlocks := watchedShop(t)
	s.receive(t, each, variants...)

	var held atomic.Int32
	g, ctx := errgroup.WithContext(t.Context())
	for i := range buyers {
		pick := rand.Perm(len(variants))[:3]
		checkout := fmt.Sprintf("chk_%d", i)
		g.Go(func() error {
			h, err := s.Hold(ctx, request(checkout, of(variants[pick[0]], 1), of(variants[pick[1]], 1), of(variants[pick[2]], 1)))
			if err != nil || h.Status != inventory.Held {
				return err
			}
			held.Add(1)
			settle := []func(context.Context, string) (inventory.Hold, error){s.Commit, s.Release}[i%2]
			_, err = settle(ctx, checkout)
			return err
		})
		if i%10 == 0 {
			g.Go(func() error { _, err := s.Sweep(ctx); return err })
		}
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if held.Load() < each {
		t.Errorf("%d carts were held, want at least %d: there is enough for them", held.Load(), each)
	}
	s.wantEquation(t)

	if n := deadlocks.n.Load(); n != 0 {
		t.Errorf("Postgres ended %d deadlocks, want none", n)
	}
}

// watchedShop is a shop whose deadlocks are counted.
func watchedShop(t *testing.T) (shop, *deadlocks) {
	cfg, err := pgxpool.ParseConfig(pgtest.URL(t, db.Migrations()))
	if err != nil {
		t.Fatal(err)
	}
	d := &deadlocks{}
	cfg.ConnConfig.Tracer = d
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return shopOn(pool), d
}

// deadlocks counts the statements that Postgres broke off to end one.
type deadlocks struct{ n atomic.Int32 }

func (d *deadlocks) count(err error) {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code == "40P01" {
		d.n.Add(1)
	}
}

func (d *deadlocks) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}

func (d *deadlocks) TraceQueryEnd(_ context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	d.count(data.Err)
}

func (d *deadlocks) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}
func (d *deadlocks) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}
func (d *deadlocks) TraceBatchEnd(_ context.Context, _ *pgx.Conn, data pgx.TraceBatchEndData) {
	d.count(data.Err)
}

func TestCommitAndSweepNeverBothWin(t *testing.T) {
	t.Parallel()
	const checkouts = 60
	s := stocked(t, checkouts, "var_mug")
	for i := range checkouts {
		s.mustHold(t, fmt.Sprintf("chk_%d", i), of("var_mug", 1))
	}
	// All end at the same moment, while commits and sweeps are under way.
	_, err := s.pool.Exec(t.Context(), "UPDATE holds SET expires_at = now() + interval '30 ms'")
	if err != nil {
		t.Fatal(err)
	}
	answers := make([]inventory.Status, checkouts)
	ctx, stop := context.WithCancel(t.Context())
	var sweepers, buyers errgroup.Group
	for range 2 {
		sweepers.Go(func() error { return s.RunSweeper(ctx) })
	}
	for i := range checkouts {
		buyers.Go(func() error {
			for s.timeLeft(t) > time.Duration(rand.IntN(20)-10)*time.Millisecond {
			}
			h, err := s.Commit(t.Context(), fmt.Sprintf("chk_%d", i))
			answers[i] = h.Status
			return err
		})
	}
	if err := buyers.Wait(); err != nil {
		t.Error(err)
	}
	stop()
	if err := sweepers.Wait(); err != nil {
		t.Error(err)
	}
	committed := 0
	for i, answer := range answers {
		checkout := fmt.Sprintf("chk_%d", i)
		if got := s.status(t, checkout); got != string(answer) {
			t.Errorf("the commit of %s was answered %s, but it is %s", checkout, answer, got)
		}
		if answer == inventory.Committed {
			committed++
		}
	}
	s.wantFigures(t, "var_mug", checkouts-committed, 0, committed)
	s.wantEquation(t)
}

// timeLeft is how long the holds still live, by Postgres' clock.
func (s shop) timeLeft(t *testing.T) time.Duration {
	var seconds float64
	err := s.pool.QueryRow(t.Context(), "SELECT extract(epoch FROM max(expires_at) - clock_timestamp())::float8 FROM holds").Scan(&seconds)
	if err != nil {
		t.Error(err)
	}
	return time.Duration(seconds * float64(time.Second))
}

func TestAbandonedRequestDoesNotStopTheBatch(t *testing.T) {
	t.Parallel()
	s := stocked(t, 1000, "var_mug")
	var wg sync.WaitGroup
	var held atomic.Int32
	for i := range 300 {
		wg.Go(func() {
			ctx := t.Context()
			if i%2 == 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, time.Duration(i)*10*time.Microsecond)
				defer cancel()
			}
			h, err := s.Hold(ctx, request(fmt.Sprintf("chk_%d", i), of("var_mug", 1)))
			switch {
			case err == nil && h.Status == inventory.Held:
				held.Add(1)
			case i%2 == 1:
				t.Errorf("hold of the waiting chk_%d: %v, %v", i, h.Status, err)
			}
		})
	}
	wg.Wait()
	if held.Load() < 150 {
		t.Errorf("%d hold one, want all of the 150 who waited", held.Load())
	}
	s.wantEquation(t)
}
