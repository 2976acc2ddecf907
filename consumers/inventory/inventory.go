// Package inventory owns how many units of each variant exist, are held for
// checkouts, and are sold. It is their only writer.
//
// What is never true here:
//
//   - a unit is held for two checkouts, or sold twice: available, reserved and
//     sold never go below zero, and only change together with the hold that
//     changes them;
//   - a checkout holds some of its lines and not the others;
//   - a stock figure has no reason: what is on hand of a variant is the sum of
//     its ledger;
//   - a hold is both expired and committed: whoever locks it first decides;
//   - a change is committed and not told, or told and not committed.
//
// There are two doors, remote calls and events, and one set of functions
// behind them. Each is idempotent by the checkout's id: asked again, it
// changes nothing and tells the outcome again.
package inventory

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/event"
	"cartograph/internal/inbox"
	"cartograph/internal/outbox"
)

// Worker keeps the stock.
type Worker struct {
	pool   *pgxpool.Pool
	outbox *outbox.Outbox
	group  *group
	once   func(context.Context, event.Envelope) error
	done   inbox.Foreseen // events that ask for what calls asked for
	sweep  time.Duration
	log    *slog.Logger
}

// NewWorker returns a worker on a migrated database.
func NewWorker(pool *pgxpool.Pool, o *outbox.Outbox, cfg Config, log *slog.Logger) *Worker {
	w := &Worker{pool: pool, outbox: o, sweep: cfg.sweepEvery(), log: log}
	w.group = newGroup(w.placeAll)
	w.once = inbox.Once(o, "inventory", w.handle)
	return w
}

// Topics are those that Handle wants to see.
func (w *Worker) Topics() []event.Topic { return []event.Topic{event.Orders} }

// Handle does what an event of a purchase asks of the stock, once.
func (w *Worker) Handle(ctx context.Context, e event.Envelope) error {
	switch e.Type {
	case event.Type[event.CheckoutOpened](), event.Type[event.CheckoutCancelled](), event.Type[event.CheckoutExpired](),
		event.Type[event.StockCommitDue](), event.Type[event.OrderCancelled](), event.Type[event.OrderExpired]():
		if w.done.Take(e.Type + e.Subject) {
			return nil // the call has told its outcome as well
		}
		return w.once(ctx, e)
	default:
		return nil // not about stock; not worth a transaction
	}
}

func (w *Worker) handle(ctx context.Context, tx pgx.Tx, e event.Envelope) error {
	switch e.Type {
	case event.Type[event.CheckoutOpened]():
		return handleOpened(ctx, tx, e)
	case event.Type[event.CheckoutCancelled]():
		return apply(ctx, tx, e, release, func(p event.CheckoutCancelled) string { return p.CheckoutID })
	case event.Type[event.CheckoutExpired]():
		return apply(ctx, tx, e, release, func(p event.CheckoutExpired) string { return p.CheckoutID })
	case event.Type[event.StockCommitDue]():
		return apply(ctx, tx, e, commit, func(p event.StockCommitDue) string { return p.CheckoutID })
	case event.Type[event.OrderCancelled]():
		return apply(ctx, tx, e, undo, func(p event.OrderCancelled) string { return p.CheckoutID })
	case event.Type[event.OrderExpired]():
		return apply(ctx, tx, e, undo, func(p event.OrderExpired) string { return p.CheckoutID })
	}
	return nil
}

func handleOpened(ctx context.Context, tx pgx.Tx, e event.Envelope) error {
	p, err := event.Decode[event.CheckoutOpened](e)
	if err != nil {
		return err
	}
	r, err := Request{p.CheckoutID, p.Lines, time.Duration(p.TTLSeconds) * time.Second}.normal()
	if err != nil {
		return err
	}
	_, err = place(ctx, tx, []Request{r})
	return err
}

// apply decides about the hold that an event of type P names.
func apply[P event.Payload](ctx context.Context, tx pgx.Tx, e event.Envelope, decide decision, checkout func(P) string) error {
	p, err := event.Decode[P](e)
	if err != nil {
		return err
	}
	if err := checkID(checkout(p)); err != nil {
		return err
	}
	_, err = decide(ctx, tx, checkout(p))
	return err
}
