// Package shipping has parcels carried: it gets their labels from a carrier and follows
// them to the door, or from there back to the shop.
//
// Order decides what is in a parcel, and which parcels there are. Its ShipmentDue and
// ReturnLabelDue store a parcel here; a worker leases it, makes the request to the carrier outside of any
// transaction, and stores the answer with the event that reports it.
//
// Invariants:
//
//   - A label's key is the id of the shipment or the return: a request that is repeated after a crash gets
//     the same label.
//   - A label, or a report by its id, is published once, in the transaction that
//     stores it.
//   - A parcel that Order cancelled is not carried: its label is cancelled once the
//     request for it cannot be under way any more.
package shipping

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/consumers/shipping/carrier"
	"cartograph/consumers/shipping/db"
	"cartograph/internal/event"
	"cartograph/internal/inbox"
	"cartograph/internal/outbox"
	"cartograph/internal/wakeup"
)

// Worker stores parcels and makes the requests to the carrier.
type Worker struct {
	pool    *pgxpool.Pool
	out     *outbox.Outbox
	carrier carrier.Carrier
	cfg     Config
	events  *inbox.Mux
	due     *wakeup.Signal
	log     *slog.Logger
}

// NewWorker returns a worker on a migrated database.
func NewWorker(pool *pgxpool.Pool, o *outbox.Outbox, c carrier.Carrier, cfg Config, log *slog.Logger) *Worker {
	w := &Worker{pool: pool, out: o, carrier: c, cfg: cfg, events: inbox.NewMux("shipping", o), due: wakeup.New(), log: log}
	inbox.On(w.events, func(ctx context.Context, tx pgx.Tx, p event.ShipmentDue, _ event.Envelope) error {
		return store(ctx, tx, db.CreateParcelParams{
			ShipmentID: p.ShipmentID, CheckoutID: p.CheckoutID, OrderNumber: p.OrderNumber, Carrier: p.Carrier,
		}, p.Recipient)
	})
	inbox.On(w.events, func(ctx context.Context, tx pgx.Tx, p event.ReturnLabelDue, _ event.Envelope) error {
		return store(ctx, tx, db.CreateParcelParams{
			ShipmentID: p.ReturnID, CheckoutID: p.CheckoutID, OrderNumber: p.OrderNumber, Carrier: p.Carrier, IsReturn: true,
		}, p.Sender)
	})
	inbox.On(w.events, func(ctx context.Context, tx pgx.Tx, p event.ShipmentCancelled, _ event.Envelope) error {
		return cancel(ctx, tx, p.ShipmentID, p.CheckoutID)
	})
	inbox.On(w.events, func(ctx context.Context, tx pgx.Tx, p event.ReturnCancelled, _ event.Envelope) error {
		return cancel(ctx, tx, p.ReturnID, p.CheckoutID)
	})
	inbox.On(w.events, func(ctx context.Context, tx pgx.Tx, p event.ReturnExpired, _ event.Envelope) error {
		return cancel(ctx, tx, p.ReturnID, p.CheckoutID)
	})
	w.events.AfterCommit(func(event.Envelope) { w.due.Notify() })
	return w
}

func store(ctx context.Context, tx pgx.Tx, parcel db.CreateParcelParams, customer event.Recipient) (err error) {
	if parcel.Recipient, err = json.Marshal(customer); err != nil {
		return err
	}
	return db.New(tx).CreateParcel(ctx, parcel)
}

func cancel(ctx context.Context, tx pgx.Tx, shipmentID, checkoutID string) error {
	return db.New(tx).CancelParcel(ctx, db.CancelParcelParams{ShipmentID: shipmentID, CheckoutID: checkoutID})
}

// Topics are the topics to subscribe Handle to.
func (w *Worker) Topics() []event.Topic { return w.events.Topics() }

// Handle stores what an event requests, once.
func (w *Worker) Handle(ctx context.Context, e event.Envelope) error { return w.events.Handle(ctx, e) }
