package webhook_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"cartograph/consumers/webhook"
	"cartograph/consumers/webhook/db"
	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/internal/fault"
	"cartograph/internal/outbox"
	"cartograph/internal/payloadquery"
	"cartograph/internal/pgtest"
	rpcv1 "cartograph/internal/rpc/v1"
)

const (
	partnerID = "api_01J0000000000000000000000A"
	otherID   = "api_01J0000000000000000000000B"
	endpoint  = "whe_01J0000000000000000000000A"
	endpoint2 = "whe_01J0000000000000000000000B"
	secret    = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
)

var (
	confirmedType = event.Type[event.OrderConfirmed]()
	cancelledType = event.Type[event.OrderCancelled]()
)

// receiver is a partner's server. It answers as reply does.
type receiver struct {
	*httptest.Server
	t *testing.T

	mu    sync.Mutex
	ids   []string // of the requests, in their order
	types []string
	data  []map[string]any
	reply func(e event.Envelope, w http.ResponseWriter, r *http.Request)
}

func startReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{t: t}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

// ServeHTTP verifies the signature as the receiver of the specification does.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		r.t.Error(err)
	}
	verifier, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		r.t.Error(err)
	}
	if err := verifier.Verify(body, req.Header); err != nil {
		r.t.Errorf("signature: %v", err)
	}
	e, err := event.Parse(body)
	if err != nil || e.ID != req.Header.Get("webhook-id") || req.Header.Get("Content-Type") != event.ContentType || req.Method != http.MethodPost {
		r.t.Errorf("%s of %s with %v: %v", req.Method, body, req.Header, err)
	}
	var data map[string]any
	if err := json.Unmarshal(e.Data, &data); err != nil {
		r.t.Error(err)
	}
	r.mu.Lock()
	r.ids, r.types, r.data = append(r.ids, e.ID), append(r.types, e.Type), append(r.data, data)
	reply := r.reply
	r.mu.Unlock()
	if reply != nil {
		reply(e, w, req)
	}
}

func (r *receiver) replies(reply func(e event.Envelope, w http.ResponseWriter, r *http.Request)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reply = reply
}

func status(code int) func(event.Envelope, http.ResponseWriter, *http.Request) {
	return func(_ event.Envelope, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func (r *receiver) received() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.ids)
}

// definitions is a user service with endpoints by ID.
type definitions struct {
	mu   sync.Mutex
	of   map[string]*rpcv1.ReadWebhookEndpointResponse
	away bool
}

func (d *definitions) ReadWebhookEndpoint(_ context.Context, req *rpcv1.ReadWebhookEndpointRequest) (*rpcv1.ReadWebhookEndpointResponse, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.away {
		return nil, fault.New(fault.Unavailable, "Away.")
	}
	if found := d.of[req.GetEndpointId()]; found != nil {
		return found, nil
	}
	return nil, fault.New(fault.NotFound, "Webhook endpoint not found.")
}

func (d *definitions) set(change func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change()
}

type fixture struct {
	*webhook.Worker
	server      *webhook.Server
	pool        *pgxpool.Pool
	definitions *definitions
	router      *partnerRouter
}

func newFixture(t *testing.T) fixture {
	t.Helper()
	return newFixtureOf(t, 5*time.Second, true)
}

func newFixtureOf(t *testing.T, timeout time.Duration, private bool) fixture {
	t.Helper()
	pool, d := pgtest.New(t, db.Migrations()), &definitions{of: map[string]*rpcv1.ReadWebhookEndpointResponse{}}
	router := startRouter(t)
	w := webhook.NewWorker(pool, outbox.New(pool), d, payloadquery.New(router.URL), webhook.Config{Timeout: timeout}, private, slog.New(slog.DiscardHandler))
	return fixture{w, webhook.NewServer(w), pool, d, router}
}

// subscribe defines an endpoint at both services.
func (f fixture) subscribe(t *testing.T, endpointID, ownerID, url string, scopes []string, types ...string) {
	t.Helper()
	f.definitions.set(func() {
		f.definitions.of[endpointID] = &rpcv1.ReadWebhookEndpointResponse{Url: url, Secret: secret, OwnerId: ownerID, Scopes: scopes}
	})
	f.define(t, event.WebhookEndpointChanged{EndpointID: endpointID, OwnerID: ownerID, Scopes: scopes, EventTypes: types, Active: true, Version: 1})
}

func (f fixture) define(t *testing.T, p event.WebhookEndpointChanged) {
	t.Helper()
	f.mustHandle(t, eventtest.Envelope(p))
}

// standard subscribes the partner to two types of orders.
func (f fixture) standard(t *testing.T, url string) {
	t.Helper()
	f.subscribe(t, endpoint, partnerID, url, []string{"orders:read"}, cancelledType, confirmedType)
}

func (f fixture) mustHandle(t *testing.T, e event.Envelope) {
	t.Helper()
	if err := f.Handle(t.Context(), e); err != nil {
		t.Fatalf("handle %s: %v", e.Type, err)
	}
}

func facts(checkout, owner string) event.OrderFacts {
	return event.OrderFacts{
		OrderID: "ord_1", CheckoutID: checkout, Number: "C-1", OwnerID: owner, Email: "ada@example.com", Name: "Ada Lovelace",
		Locale: "en-US", Currency: "USD", TotalMinor: 1999, CartID: "crt_1", CartVersion: 1,
	}
}

// confirm handles a confirmed order and returns the ID of the event.
func (f fixture) confirm(t *testing.T, checkout string) string {
	t.Helper()
	e := eventtest.Envelope(event.OrderConfirmed{OrderFacts: facts(checkout, "usr_ada")})
	f.mustHandle(t, e)
	return e.ID
}

func (f fixture) cancel(t *testing.T, checkout string) string {
	t.Helper()
	e := eventtest.Envelope(event.OrderCancelled{OrderFacts: facts(checkout, "usr_ada"), Reason: "CUSTOMER"})
	f.mustHandle(t, e)
	return e.ID
}

func (f fixture) send(t *testing.T, want int) {
	t.Helper()
	n, err := f.Send(t.Context())
	if err != nil || n != want {
		t.Fatalf("sent %d, %v, want %d", n, err, want)
	}
}

func (f fixture) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := f.pool.Exec(t.Context(), sql, args...); err != nil {
		t.Error(err)
	}
}

// makeDue makes every open delivery due now, as time does.
func (f fixture) makeDue(t *testing.T) {
	t.Helper()
	f.exec(t, "UPDATE deliveries SET due_at = now(), leased_until = NULL WHERE ended_at IS NULL")
}

// states lists "status attempts response" of all deliveries in their order.
func (f fixture) states(t *testing.T) (states []string) {
	t.Helper()
	err := f.pool.QueryRow(t.Context(), `
		SELECT coalesce(array_agg(concat_ws(' ', status, attempts, response_status) ORDER BY position), '{}') FROM deliveries`).Scan(&states)
	if err != nil {
		t.Fatal(err)
	}
	return states
}

func (f fixture) wantStates(t *testing.T, want ...string) {
	t.Helper()
	if got := f.states(t); !slices.Equal(got, want) {
		t.Errorf("deliveries are %q, want %q", got, want)
	}
}

func wantReceived(t *testing.T, r *receiver, want ...string) {
	t.Helper()
	if got := r.received(); !slices.Equal(got, want) {
		t.Errorf("received %q, want %q", got, want)
	}
}

// state is how deliveries to an endpoint of the partner go.
func (f fixture) state(t *testing.T) *rpcv1.WebhookState {
	t.Helper()
	res, err := f.server.ListWebhookStates(t.Context(), &rpcv1.ListWebhookStatesRequest{EndpointIds: []string{endpoint}, OwnerIds: []string{partnerID}})
	if err != nil || len(res.GetStates()) != 1 {
		t.Fatalf("states: %v, %v", res, err)
	}
	return res.GetStates()[0]
}

func (f fixture) log(t *testing.T, ownerID string) []*rpcv1.WebhookDelivery {
	t.Helper()
	res, err := f.server.ListWebhookDeliveries(t.Context(), &rpcv1.ListWebhookDeliveriesRequest{EndpointId: endpoint, OwnerIds: []string{ownerID}, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	return res.GetDeliveries()
}

// paused are the pauses that were published, in order.
func (f fixture) paused(t *testing.T) []event.WebhookEndpointPaused {
	t.Helper()
	rows, err := f.pool.Query(t.Context(), "SELECT data FROM outbox WHERE type = $1 ORDER BY id", event.Type[event.WebhookEndpointPaused]())
	if err != nil {
		t.Fatal(err)
	}
	paused, err := pgx.CollectRows(rows, pgx.RowTo[event.WebhookEndpointPaused])
	if err != nil {
		t.Fatal(err)
	}
	return paused
}
