// Package ordertest is the environment of the order service in tests: a real
// database, and its peers in memory. The peers handle calls and events by the
// same functions, as the real ones do, and can be taken down.
package ordertest

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/internal/fault"
	"cartograph/internal/outbox"
	"cartograph/internal/pgtest"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/db"
)

// Env is a database with an order service and its peers.
type Env struct {
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

// New returns an environment in which every peer is up.
func New(t testing.TB) *Env {
	t.Helper()
	pool, statements := pgtest.NewCounted(t, db.Migrations())
	e := &Env{
		Pool: pool, Statements: statements, Out: outbox.New(pool), Carts: &Carts{carts: map[string]*rpcv1.Cart{}},
		Catalogue: newCatalogue(), Profiles: &Profiles{}, Inventory: newInventory(), Payments: newPayments(),
		Config: order.Config{
			MaxConcurrent: 24, QueueTimeout: 3 * time.Second,
			HoldSeconds: 600, ExtendSeconds: 300, RetryStuckAfter: 10 * time.Second, RetryStuckEvery: 20 * time.Millisecond,
			SweepEvery: 20 * time.Millisecond, KeepCheckouts: time.Hour, ReturnWindow: 30 * 24 * time.Hour, ReturnWithin: 21 * 24 * time.Hour,
		},
	}
	e.Restart()
	return e
}

// Restart replaces the service by one without memory, as after a crash.
func (e *Env) Restart() {
	e.Service = order.NewService(e.Pool, e.Out, e.Ports(), e.Config, time.Now, slog.New(slog.DiscardHandler))
}

// Reset replaces the service and its peers but keeps the database, whose
// purchases have no work left: nothing that was under way goes on.
func (e *Env) Reset(t testing.TB) {
	t.Helper()
	e.Published(t)
	if _, err := e.Pool.Exec(t.Context(), "UPDATE checkouts SET due_at = NULL, rescue_at = NULL WHERE due_at IS NOT NULL OR rescue_at IS NOT NULL"); err != nil {
		t.Fatal(err)
	}
	e.Inventory, e.Payments = newInventory(), newPayments()
	e.Restart()
}

// Ports are the peers.
func (e *Env) Ports() order.Ports {
	return order.Ports{Carts: e.Carts, Catalogue: e.Catalogue, Inventory: e.Inventory, Payments: e.Payments, Profiles: e.Profiles}
}

// As returns a context of a caller.
func As(ctx context.Context, a auth.Actor) context.Context {
	return auth.With(ctx, auth.Caller{Actor: a, Locale: "en-US", Currency: "USD", Country: "US", RequestID: "req_test"})
}

// Ada has an account; Guest has none; Kim is staff; Partner is an API client that
// reads orders without their customers.
var (
	Ada     = auth.Actor{Kind: auth.User, ID: "usr_01ARZ3NDEKTSV4RRFFQ69G5FAV", Scopes: []string{"cart:read", "orders:read:own", "payments:read:own"}}
	Eve     = auth.Actor{Kind: auth.User, ID: "usr_01ARZ3NDEKTSV4RRFFQ69G5EVE", Scopes: Ada.Scopes}
	Guest   = auth.Actor{Kind: auth.Guest, ID: "gst_01ARZ3NDEKTSV4RRFFQ69G5FAV", Scopes: Ada.Scopes}
	Kim     = auth.Actor{Kind: auth.User, ID: "usr_01ARZ3NDEKTSV4RRFFQ69G5K1M", Scopes: append([]string{"orders:read", "orders:write", "orders:fulfill", "customers:read"}, Ada.Scopes...)}
	Partner = auth.Actor{Kind: auth.APIClient, ID: "app_01ARZ3NDEKTSV4RRFFQ69G5PAR", Scopes: []string{"orders:read", "orders:read:own"}}
)

// Published takes the events that the service has written to its outbox since
// the last call.
func (e *Env) Published(t testing.TB) []event.Envelope {
	t.Helper()
	rows, err := e.Pool.Query(t.Context(), `
		WITH taken AS (DELETE FROM outbox RETURNING *)
		SELECT event_id, type, subject, sequence, data, actor FROM taken ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var published []event.Envelope
	for rows.Next() {
		var next event.Envelope
		if err := rows.Scan(&next.ID, &next.Type, &next.Subject, &next.Sequence, &next.Data, &next.Actor); err != nil {
			t.Fatal(err)
		}
		published = append(published, next)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return published
}

// Deliver delivers an event to inventory and Payment.
func (e *Env) Deliver(published event.Envelope) {
	e.Inventory.Handle(published)
	e.Payments.Handle(published)
}

// PeerEvents takes the events that inventory and Payment have published since
// the last call.
func (e *Env) PeerEvents() []event.Envelope {
	return append(e.Inventory.topic.take(), e.Payments.topic.take()...)
}

// Settle delivers events in both directions until there are none.
func (e *Env) Settle(t testing.TB) {
	t.Helper()
	for range 50 {
		ours := e.Published(t)
		for _, published := range ours {
			e.Deliver(published)
		}
		theirs := e.PeerEvents()
		for _, published := range theirs {
			if err := e.Service.Handle(t.Context(), published); err != nil {
				t.Fatalf("handle %s: %v", published.Type, err)
			}
		}
		if len(ours)+len(theirs) == 0 {
			return
		}
	}
	t.Fatal("events are published without end")
}

// topic has the events that a peer has published and that are not yet consumed.
type topic struct {
	mu     sync.Mutex
	events []event.Envelope
}

func (p *topic) publish(payload event.Payload) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events = append(p.events, eventtest.Envelope(payload))
}

func (p *topic) take() []event.Envelope {
	p.mu.Lock()
	defer p.mu.Unlock()
	taken := p.events
	p.events = nil
	return taken
}

// unavailable is the error of a call to a peer that is down.
func unavailable() error {
	return fault.Localized(fault.Unavailable, "common.unavailable")
}
