package inventory_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/consumers/inventory"
	"cartograph/consumers/inventory/db"
	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/internal/id"
	"cartograph/internal/outbox"
	"cartograph/internal/pgtest"
)

// shop is a worker on a database of its own.
type shop struct {
	*inventory.Worker
	pool *pgxpool.Pool
}

func newShop(t testing.TB) shop { return shopOn(pgtest.New(t, db.Migrations())) }

func shopOn(pool *pgxpool.Pool) shop {
	w := inventory.NewWorker(pool, outbox.New(pool), inventory.Config{SweepEvery: 10 * time.Millisecond}, slog.New(slog.DiscardHandler))
	return shop{w, pool}
}

// stocked is a shop with that many of each variant.
func stocked(t testing.TB, quantity int, variants ...string) shop {
	t.Helper()
	s := newShop(t)
	s.receive(t, quantity, variants...)
	return s
}

func (s shop) receive(t testing.TB, quantity int, variants ...string) {
	t.Helper()
	var delivery []event.Line
	for _, v := range variants {
		delivery = append(delivery, event.Line{VariantID: v, Quantity: quantity})
	}
	if err := s.Receive(t.Context(), id.New("del"), delivery); err != nil {
		t.Fatal(err)
	}
}

func request(checkout string, lines ...event.Line) inventory.Request {
	return inventory.Request{CheckoutID: checkout, Lines: lines, TTL: 10 * time.Minute}
}

func of(variant string, quantity int) event.Line {
	return event.Line{VariantID: variant, Quantity: quantity}
}

func (s shop) mustHold(t testing.TB, checkout string, lines ...event.Line) inventory.Hold {
	t.Helper()
	h, err := s.Hold(t.Context(), request(checkout, lines...))
	if err != nil {
		t.Fatalf("hold for %s: %v", checkout, err)
	}
	return h
}

// figures are available, reserved and sold of a variant.
func (s shop) figures(t testing.TB, variant string) (f [3]int) {
	t.Helper()
	err := s.pool.QueryRow(context.WithoutCancel(t.Context()),
		"SELECT available, reserved, sold FROM stock WHERE variant_id = $1", variant).Scan(&f[0], &f[1], &f[2])
	if err != nil {
		t.Fatalf("stock of %s: %v", variant, err)
	}
	return f
}

func (s shop) wantFigures(t testing.TB, variant string, available, reserved, sold int) {
	t.Helper()
	if got, want := s.figures(t, variant), [3]int{available, reserved, sold}; got != want {
		t.Errorf("available, reserved and sold of %s are %v, want %v", variant, got, want)
	}
}

func (s shop) status(t testing.TB, checkout string) (status string) {
	t.Helper()
	if err := s.pool.QueryRow(t.Context(), "SELECT status FROM holds WHERE checkout_id = $1", checkout).Scan(&status); err != nil {
		t.Fatalf("status of %s: %v", checkout, err)
	}
	return status
}

// expire ends a hold's time now, without anyone noticing.
func (s shop) expire(t testing.TB, checkouts ...string) {
	t.Helper()
	_, err := s.pool.Exec(t.Context(), "UPDATE holds SET expires_at = now() - interval '1 ms' WHERE checkout_id = ANY ($1)", checkouts)
	if err != nil {
		t.Fatal(err)
	}
}

// published lists the events about a subject, oldest first.
func (s shop) published(t testing.TB, subject string) []event.Envelope {
	t.Helper()
	rows, err := s.pool.Query(t.Context(), "SELECT event_id, type, data, causation_id FROM outbox WHERE subject = $1 ORDER BY id", subject)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var events []event.Envelope
	for rows.Next() {
		e := event.Envelope{Subject: subject}
		if err := rows.Scan(&e.ID, &e.Type, &e.Data, &e.CausationID); err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return events
}

func (s shop) types(t testing.TB, subject string) (types []string) {
	t.Helper()
	for _, e := range s.published(t, subject) {
		types = append(types, e.Type)
	}
	return types
}

// lastPublished is the newest event about a subject, which must be a P.
func lastPublished[P event.Payload](t testing.TB, s shop, subject string) P {
	t.Helper()
	events := s.published(t, subject)
	if len(events) == 0 {
		t.Fatalf("nothing was published about %s, want %s", subject, event.Type[P]())
	}
	e := events[len(events)-1]
	if e.Type != event.Type[P]() {
		t.Fatalf("published %s about %s, want %s", e.Type, subject, event.Type[P]())
	}
	p, err := event.Decode[P](e)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (s shop) mustHandle(t testing.TB, p event.Payload) {
	t.Helper()
	if err := s.Handle(t.Context(), eventtest.Envelope(p)); err != nil {
		t.Fatalf("handle %s: %v", p.Type(), err)
	}
}

// wantEquation checks what holds of stock at every moment.
func (s shop) wantEquation(t testing.TB) {
	t.Helper()
	if wrong := s.equation(context.WithoutCancel(t.Context())); wrong != "" {
		t.Error(wrong)
	}
}

// equation returns what is wrong with the stock, or nothing: figures are what
// holds add up to, and what is on hand is the sum of the ledger.
func (s shop) equation(ctx context.Context) string {
	var wrong int
	var example string
	err := s.pool.QueryRow(ctx, `
		WITH held AS (
		    SELECT variant_id, coalesce(sum(quantity) FILTER (WHERE status = 'HELD'), 0)      AS reserved,
		                       coalesce(sum(quantity) FILTER (WHERE status = 'COMMITTED'), 0) AS sold
		    FROM reservations JOIN holds USING (checkout_id) GROUP BY variant_id
		), entries AS (
		    SELECT variant_id, sum(delta) AS on_hand,
		           sum(delta) FILTER (WHERE reason NOT IN ('SALE', 'SALE_UNDONE')) AS received
		    FROM stock_ledger GROUP BY variant_id
		), wrong AS (
		    SELECT s.*, held.reserved AS held, held.sold AS committed, on_hand, received
		    FROM stock s LEFT JOIN held USING (variant_id) LEFT JOIN entries USING (variant_id)
		    WHERE s.reserved <> coalesce(held.reserved, 0) OR s.sold <> coalesce(held.sold, 0)
		       OR s.available + s.reserved <> coalesce(on_hand, 0)
		       OR s.available + s.reserved + s.sold <> coalesce(received, 0)
		)
		SELECT count(*), coalesce(min(wrong::text), '') FROM wrong`).Scan(&wrong, &example)
	if err != nil {
		return err.Error()
	}
	if wrong > 0 {
		return fmt.Sprintf("the stock of %d variants does not add up, such as %s", wrong, example)
	}
	return ""
}
