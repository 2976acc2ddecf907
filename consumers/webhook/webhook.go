// Package webhook delivers events to partners over HTTP, signed by the Standard Webhooks
// specification.
//
// Handling an event stores a delivery for each endpoint that subscribes to its type, in
// the transaction that marks the event as handled. A sender delivers it outside of any
// transaction and retries for 24 hours.
//
// Invariants:
//
//   - Delivery is at least once: a sender that dies between the response and the update
//     of the row sends the event again, under the same webhook-id.
//   - An endpoint gets the events of one subject in their order: the next one is sent
//     when the one before has succeeded or failed for good.
//   - An endpoint gets what its owner may see at the time of the delivery, and nothing
//     once the owner has lost the right to have endpoints.
//   - An endpoint that fails or hangs delays no other one: its deliveries at the same time
//     are few, and after consecutive failures they pause. The first pause since its last
//     success is published, in the transaction that records it.
//   - No connection is made to an address that is not public, and no redirect is
//     followed.
package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/consumers/webhook/db"
	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/id"
	"cartograph/internal/inbox"
	"cartograph/internal/outbox"
	"cartograph/internal/pg"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/internal/wakeup"
)

// Endpoints is what the worker needs of the user service.
type Endpoints interface {
	ReadWebhookEndpoint(ctx context.Context, req *rpcv1.ReadWebhookEndpointRequest) (*rpcv1.ReadWebhookEndpointResponse, error)
}

// Worker stores deliveries and makes them.
type Worker struct {
	pool      *pgxpool.Pool
	outbox    *outbox.Outbox
	endpoints Endpoints
	queries   PayloadQueries
	timeout   time.Duration
	private   bool // addresses that are not public are reached
	http      *http.Client
	events    *inbox.Mux
	due       *wakeup.Signal // of the sender
	log       *slog.Logger
}

// NewWorker returns a worker on a migrated database. Addresses that are not public are
// reached in demos only, whose receivers run on the same machine.
func NewWorker(pool *pgxpool.Pool, o *outbox.Outbox, endpoints Endpoints, queries PayloadQueries, cfg Config, allowPrivate bool, log *slog.Logger) *Worker {
	w := &Worker{
		pool: pool, outbox: o, endpoints: endpoints, queries: queries, timeout: cfg.Timeout, private: allowPrivate, http: newHTTPClient(allowPrivate),
		events: inbox.NewMux("webhook", o), due: wakeup.New(), log: log,
	}
	w.registerHandlers()
	return w
}

// Topics are the topics to subscribe Handle to.
func (w *Worker) Topics() []event.Topic { return w.events.Topics() }

// Handle stores the deliveries of an event, once.
func (w *Worker) Handle(ctx context.Context, e event.Envelope) error {
	return w.HandleAll(ctx, []event.Envelope{e})
}

// HandleAll stores the deliveries of several events, each once.
func (w *Worker) HandleAll(ctx context.Context, events []event.Envelope) error {
	subscribed, err := w.subscribed(ctx, events)
	if err != nil {
		return err
	}
	return w.events.HandleAll(ctx, subscribed)
}

// subscribed are the events without those that no endpoint subscribes to, which take no
// transaction: an import of the catalogue has as many as it has products. Where some may
// change an endpoint, they are all of them.
func (w *Worker) subscribed(ctx context.Context, events []event.Envelope) ([]event.Envelope, error) {
	var types []string
	for _, e := range events {
		if _, partners := event.PartnerEventOf(e.Type); !partners {
			return events, nil
		}
		if !slices.Contains(types, e.Type) {
			types = append(types, e.Type)
		}
	}
	known, err := db.New(w.pool).SubscribedTypes(ctx, types)
	if err != nil {
		return nil, fmt.Errorf("read which events are subscribed to: %w", err)
	}
	return slices.DeleteFunc(slices.Clone(events), func(e event.Envelope) bool { return !slices.Contains(known, e.Type) }), nil
}

func (w *Worker) registerHandlers() {
	inbox.On(w.events, func(ctx context.Context, tx pgx.Tx, p event.WebhookEndpointChanged, _ event.Envelope) error {
		return db.New(tx).SaveEndpoint(ctx, db.SaveEndpointParams{
			ID: p.EndpointID, OwnerID: p.OwnerID, Scopes: p.Scopes, EventTypes: p.EventTypes, Active: p.Active, Version: p.Version,
		})
	})
	inbox.On(w.events, func(ctx context.Context, tx pgx.Tx, p event.WebhookEndpointDeleted, _ event.Envelope) error {
		return db.New(tx).DeleteEndpoint(ctx, p.EndpointID)
	})
	inbox.On(w.events, func(ctx context.Context, tx pgx.Tx, p event.UserErased, _ event.Envelope) error {
		return db.New(tx).EraseCustomer(ctx, db.EraseCustomerParams{OwnerID: p.UserID, Fields: event.PersonalFields()})
	})
	for _, p := range event.PartnerEvents() {
		w.events.OnType(p.Payload, func(ctx context.Context, tx pgx.Tx, e event.Envelope) error { return w.fanOut(ctx, tx, p, e) })
	}
	w.events.AfterCommit(func(event.Envelope) { w.due.Notify() })
}

const (
	retention  = 24 * time.Hour // how long an event is retried
	maxOpen    = 10_000         // deliveries of one endpoint that wait
	overflowed = "too many deliveries were waiting"
)

// fanOut stores a delivery for each endpoint that the event is for. An event that is
// older than deliveries are retried, as a worker with a new database reads, is for none.
func (w *Worker) fanOut(ctx context.Context, tx pgx.Tx, partner event.PartnerEvent, e event.Envelope) error {
	if time.Since(e.Time) > retention {
		return nil
	}
	q := db.New(tx)
	subscribers, err := q.Subscribers(ctx, e.Type)
	if err != nil {
		return fmt.Errorf("subscribers of %s: %w", e.Type, err)
	}
	var ids, endpoints []string
	for _, s := range subscribers {
		if _, visible := partner.Visible(owner(s.OwnerID, s.Scopes), e); visible {
			ids, endpoints = append(ids, id.New(id.WebhookDelivery)), append(endpoints, s.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	if err := storeEvent(ctx, tx, e, partner.Customer(e)); err != nil {
		return err
	}
	pg.BatchOf(tx).QueueQuery(func(x pg.Executor) error {
		return db.New(x).CreateDeliveries(ctx, db.CreateDeliveriesParams{
			IDs: ids, EndpointIDs: endpoints, EventID: e.ID, EventType: e.Type, Subject: e.Subject, Sequence: e.Sequence,
			Seconds: int32(retention / time.Second), Most: maxOpen, Overflow: overflowed,
		})
	})
	return nil
}

// storeEvent stores an event that is about a customer or, if that is empty, none. What is
// never delivered is not stored: the customer may also be who caused it.
func storeEvent(ctx context.Context, tx pgx.Tx, e event.Envelope, customerID string) error {
	encoded, err := json.Marshal(e.ForPartners())
	if err != nil {
		return err
	}
	pg.BatchOf(tx).QueueQuery(func(x pg.Executor) error {
		return db.New(x).CreateEvent(ctx, db.CreateEventParams{ID: e.ID, OwnerID: customerID, Envelope: encoded})
	})
	return nil
}

// owner is who owns an endpoint, as an actor: a user or an API client.
func owner(ownerID string, scopes []string) auth.Actor {
	kind := auth.APIClient
	if id.PrefixOf(ownerID) == id.User {
		kind = auth.User
	}
	return auth.Actor{Kind: kind, ID: ownerID, Scopes: scopes}
}
