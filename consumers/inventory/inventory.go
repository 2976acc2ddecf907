// Package inventory owns how many units of each variant exist, are held for
// checkouts, and are sold. It is their only writer.
//
// Rules that always hold:
//
//   - available, reserved and sold are never negative, and change only together
//     with the hold that changes them: a unit is never held or sold twice.
//   - A checkout holds all of its lines or none.
//   - What is on hand of a variant (available + reserved) is the sum of its ledger.
//   - A hold is not both expired and committed: the first to lock it decides.
//   - A change and its event commit together.
//   - Units of a return are restocked once. They stay sold to whoever returned them.
//   - Guests hold a bounded part of the stock: see holdLimits.
//   - Scarce stock is kept for those who are first in line: see lines.
//   - At the price of a flash sale no more is held and sold than it allocates, and to
//     no customer more than the sale allows: see sales.
//
// Calls and events run the same functions. Each is idempotent by the checkout id: a
// repeated request changes nothing and publishes the outcome again.
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

// Worker is the single writer of stock.
type Worker struct {
	pool     *pgxpool.Pool
	outbox   *outbox.Outbox
	batcher  *batcher
	inbox    *inbox.Mux
	expected inbox.Expected // events that request what calls have done
	limits   holdLimits
	sweep    time.Duration
	log      *slog.Logger
}

// NewWorker returns a worker on a migrated database.
func NewWorker(pool *pgxpool.Pool, o *outbox.Outbox, cfg Config, log *slog.Logger) *Worker {
	w := &Worker{pool: pool, outbox: o, limits: cfg.limits(), sweep: cfg.sweepEvery(), log: log}
	w.batcher = newBatcher(w.executeBatch)
	w.inbox = w.events()
	return w
}

// Topics are the topics of the events that Handle applies.
func (w *Worker) Topics() []event.Topic { return w.inbox.Topics() }

// Handle applies an event of a purchase to the stock, once.
func (w *Worker) Handle(ctx context.Context, e event.Envelope) error { return w.inbox.Handle(ctx, e) }

// events returns the handlers of the events of orders and flash sales.
func (w *Worker) events() *inbox.Mux {
	m := inbox.NewMux("inventory", w.outbox)
	m.SkipExpected(func(e event.Envelope) bool { return w.expected.Met(e.Type + e.Subject) })
	inbox.On(m, w.checkoutOpened)
	inbox.On(m, flashSaleChanged)
	inbox.On(m, restock)
	on(m, release, func(p event.CheckoutCancelled) string { return p.CheckoutID })
	on(m, release, func(p event.CheckoutExpired) string { return p.CheckoutID })
	on(m, commit, func(p event.StockCommitDue) string { return p.CheckoutID })
	on(m, undo, func(p event.OrderCancelled) string { return p.CheckoutID })
	on(m, undo, func(p event.OrderExpired) string { return p.CheckoutID })
	return m
}

func (w *Worker) checkoutOpened(ctx context.Context, tx pgx.Tx, p event.CheckoutOpened, _ event.Envelope) error {
	r := Request{CheckoutID: p.CheckoutID, Lines: p.Lines, TTL: time.Duration(p.TTLSeconds) * time.Second, holder: holderOf(ctx)}
	r, err := r.normalise()
	if err != nil {
		return err
	}
	_, err = decideBatch(ctx, tx, w.limits, []Request{r})
	return err
}

// on registers a command on the hold that an event of type P names.
func on[P event.Payload](m *inbox.Mux, run command, checkoutID func(P) string) {
	inbox.On(m, func(ctx context.Context, tx pgx.Tx, payload P, _ event.Envelope) error {
		if err := checkID(checkoutID(payload)); err != nil {
			return err
		}
		_, err := run(ctx, tx, checkoutID(payload))
		return err
	})
}
