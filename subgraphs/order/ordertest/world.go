// Package ordertest is the world that the order service meets in tests: the
// services across the network, played in memory. They answer calls and events
// by the same functions, as the real ones do, and can be made unreachable.
package ordertest

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/outbox"
	"cartograph/internal/pgtest"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/db"
)

// World is a database with an order service, and everybody else.
type World struct {
	Pool       *pgxpool.Pool
	Statements *pgtest.Statements
	Out        *outbox.Outbox
	Service    *order.Service
	Config     order.Config
	Carts      *Carts
	Catalogue  *Catalogue
	Profiles   *Profiles
	Inventory  *Inventory
	Payments   *Payments
}

// New returns a world in which everybody can be reached.
func New(t testing.TB) *World {
	t.Helper()
	pool, statements := pgtest.NewCounted(t, db.Migrations())
	w := &World{
		Pool: pool, Statements: statements, Out: outbox.New(pool), Carts: &Carts{carts: map[string]*rpcv1.ReadCartResponse{}},
		Catalogue: newCatalogue(), Profiles: &Profiles{}, Inventory: newInventory(), Payments: newPayments(),
		Config: order.Config{
			AtOnce: 24, Patience: 3 * time.Second,
			HoldSeconds: 600, ExtendSeconds: 300, NudgeAfter: 10 * time.Second, NudgeEvery: 20 * time.Millisecond,
			SweepEvery: 20 * time.Millisecond, KeepCheckouts: time.Hour,
		},
	}
	w.Restart()
	return w
}

// Restart replaces the service by a new one that knows only what is stored.
func (w *World) Restart() {
	w.Service = order.NewService(w.Pool, w.Out, w.Ports(), w.Config, time.Now, slog.New(slog.DiscardHandler))
}

// Begin makes the world new but for its database, and stills what is stored
// there: nothing that was under way before reaches anybody any more.
func (w *World) Begin(t testing.TB) {
	t.Helper()
	w.Told(t)
	if _, err := w.Pool.Exec(t.Context(), "UPDATE checkouts SET due_at = NULL, nudge_at = NULL WHERE due_at IS NOT NULL OR nudge_at IS NOT NULL"); err != nil {
		t.Fatal(err)
	}
	w.Inventory, w.Payments = newInventory(), newPayments()
	w.Restart()
}

// Ports are the services of the world.
func (w *World) Ports() order.Ports {
	return order.Ports{Carts: w.Carts, Catalogue: w.Catalogue, Inventory: w.Inventory, Payments: w.Payments, Profiles: w.Profiles}
}

// As returns a context of a caller.
func As(ctx context.Context, a auth.Actor) context.Context {
	return auth.With(ctx, auth.Caller{Actor: a, Locale: "en-US", Currency: "USD", Country: "US", RequestID: "req_test"})
}

// Ada has an account; Guest has none; Kim is staff.
var (
	Ada   = auth.Actor{Kind: auth.User, ID: "usr_01ARZ3NDEKTSV4RRFFQ69G5FAV", Scopes: []string{"cart:read", "orders:read:own", "payments:read:own"}}
	Eve   = auth.Actor{Kind: auth.User, ID: "usr_01ARZ3NDEKTSV4RRFFQ69G5EVE", Scopes: Ada.Scopes}
	Guest = auth.Actor{Kind: auth.Guest, ID: "gst_01ARZ3NDEKTSV4RRFFQ69G5FAV", Scopes: Ada.Scopes}
	Kim   = auth.Actor{Kind: auth.User, ID: "usr_01ARZ3NDEKTSV4RRFFQ69G5K1M", Scopes: append([]string{"orders:read", "orders:write"}, Ada.Scopes...)}
)

// Told takes the events that the service has told since the last time.
func (w *World) Told(t testing.TB) []event.Envelope {
	t.Helper()
	rows, err := w.Pool.Query(t.Context(), `
		WITH taken AS (DELETE FROM outbox RETURNING *)
		SELECT event_id, type, subject, sequence, data FROM taken ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var told []event.Envelope
	for rows.Next() {
		var e event.Envelope
		if err := rows.Scan(&e.ID, &e.Type, &e.Subject, &e.Sequence, &e.Data); err != nil {
			t.Fatal(err)
		}
		told = append(told, e)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return told
}

// Hear lets inventory and Payment act on an event.
func (w *World) Hear(e event.Envelope) {
	w.Inventory.Hear(e)
	w.Payments.Hear(e)
}

// News takes what inventory and Payment have told since the last time.
func (w *World) News() []event.Envelope {
	return append(w.Inventory.news.take(), w.Payments.news.take()...)
}

// Settle carries events to and fro until nobody has any left.
func (w *World) Settle(t testing.TB) {
	t.Helper()
	for range 50 {
		told := w.Told(t)
		for _, e := range told {
			w.Hear(e)
		}
		news := w.News()
		for _, e := range news {
			if err := w.Service.Handle(t.Context(), e); err != nil {
				t.Fatalf("handle %s: %v", e.Type, err)
			}
		}
		if len(told)+len(news) == 0 {
			return
		}
	}
	t.Fatal("events go round and round")
}

// Envelope is a payload as it arrives.
func Envelope(p event.Payload) event.Envelope {
	data, err := json.Marshal(p)
	if err != nil {
		panic(err)
	}
	return event.Envelope{SpecVersion: "1.0", ID: id.New(id.Event), Type: p.Type(), Subject: p.Subject(), Data: data, Time: time.Now()}
}

// news is what a service has told and nobody has taken yet.
type news struct {
	mu     sync.Mutex
	events []event.Envelope
}

func (n *news) tell(p event.Payload) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.events = append(n.events, Envelope(p))
}

func (n *news) take() []event.Envelope {
	n.mu.Lock()
	defer n.mu.Unlock()
	taken := n.events
	n.events = nil
	return taken
}

// gone is what calls to an unreachable service give.
func gone() error {
	return fault.New(fault.Unavailable, "This is not available right now. Please try again.")
}
