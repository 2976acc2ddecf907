package inventory

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/consumers/inventory/db"
	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/outbox"
)

// Hold reserves all lines of a checkout, or none.
func (w *Worker) Hold(ctx context.Context, r Request) (Hold, error) {
	r, err := r.normal()
	if err != nil {
		return Hold{}, err
	}
	h, err := w.group.hold(ctx, r)
	if err != nil {
		return Hold{}, fmt.Errorf("hold for %s: %w", r.CheckoutID, err)
	}
	w.done.Note(event.Type[event.CheckoutOpened]() + r.CheckoutID)
	return h, nil
}

func (w *Worker) placeAll(ctx context.Context, requests []Request) (holds []Hold, err error) {
	err = w.outbox.InTx(ctx, func(tx pgx.Tx) error {
		holds, err = place(ctx, tx, requests)
		return err
	})
	return holds, err
}

// Commit sells what a live hold holds. A hold that is not live is told as it
// is: what is committed stays so, and nothing else can be.
func (w *Worker) Commit(ctx context.Context, checkoutID string) (Hold, error) {
	h, err := w.decide(ctx, "commit", checkoutID, commit)
	if err == nil {
		w.done.Note(event.Type[event.StockCommitDue]() + checkoutID)
	}
	return h, err
}

// Release gives back what a hold holds. One that nobody asked for yet is
// released too, so that a request that comes late holds nothing.
func (w *Worker) Release(ctx context.Context, checkoutID string) (Hold, error) {
	return w.decide(ctx, "release", checkoutID, release)
}

// ReturnStock puts what was sold back on the shelf.
func (w *Worker) ReturnStock(ctx context.Context, checkoutID string) (Hold, error) {
	return w.decide(ctx, "return", checkoutID, takeBack)
}

// Extend moves the end of a live hold: twice at most, five minutes each.
// A hold that is not live is a Conflict RESERVATION_EXPIRED.
func (w *Worker) Extend(ctx context.Context, checkoutID string, by time.Duration) (Hold, error) {
	if by < time.Second || by > maxExtension {
		return Hold{}, fault.New(fault.Invalid, "A hold is extended by 1 second to %s, not %s.", maxExtension, by).At("seconds")
	}
	return w.decide(ctx, "extend", checkoutID, func(ctx context.Context, tx pgx.Tx, id string) (Hold, error) {
		return extend(ctx, tx, id, by)
	})
}

// decision changes one hold and tells of it, in a transaction.
type decision func(ctx context.Context, tx pgx.Tx, checkoutID string) (Hold, error)

func (w *Worker) decide(ctx context.Context, what, checkoutID string, decide decision) (h Hold, err error) {
	if err := checkID(checkoutID); err != nil {
		return Hold{}, err
	}
	err = w.outbox.InTx(ctx, func(tx pgx.Tx) error {
		h, err = decide(ctx, tx, checkoutID)
		return err
	})
	if err != nil {
		return Hold{}, fmt.Errorf("%s hold of %s: %w", what, checkoutID, err)
	}
	return h, nil
}

func commit(ctx context.Context, tx pgx.Tx, id string) (Hold, error) {
	h, live, err := lock(ctx, tx, id)
	switch {
	case err != nil:
		return h, err
	case h.Status == Committed:
		return h, outbox.Write(ctx, tx, h.outcome())
	case live:
		return settle(ctx, tx, h, sale)
	case h.Status == Held: // its time is over; the answer is final, so is the status
		if h, err = settle(ctx, tx, h, expiry); err != nil {
			return h, err
		}
	}
	return h, outbox.Write(ctx, tx, event.HoldCommitFailed{CheckoutID: id, Status: string(h.Status)})
}

func release(ctx context.Context, tx pgx.Tx, id string) (Hold, error) {
	h, _, err := lock(ctx, tx, id)
	switch {
	case err != nil:
		return h, err
	case h.Status == Held:
		return settle(ctx, tx, h, giveUp)
	case h.Status == Unknown:
		return refuse(ctx, tx, id)
	}
	return h, outbox.Write(ctx, tx, h.outcome())
}

// undo ends an order's claim on stock, wherever it stands.
func undo(ctx context.Context, tx pgx.Tx, id string) (Hold, error) {
	h, _, err := lock(ctx, tx, id)
	if err == nil && h.Status == Committed {
		return settle(ctx, tx, h, sendBack)
	}
	if err != nil {
		return h, err
	}
	return release(ctx, tx, id)
}

func takeBack(ctx context.Context, tx pgx.Tx, id string) (Hold, error) {
	h, _, err := lock(ctx, tx, id)
	switch {
	case err != nil:
		return h, err
	case h.Status == Unknown:
		return h, fault.New(fault.NotFound, "Nothing was ever held for %s.", id)
	case h.Status == Committed:
		return settle(ctx, tx, h, sendBack)
	}
	return h, outbox.Write(ctx, tx, h.outcome())
}

func extend(ctx context.Context, tx pgx.Tx, id string, by time.Duration) (Hold, error) {
	h, live, err := lock(ctx, tx, id)
	switch {
	case err != nil:
		return h, err
	case h.Status == Unknown:
		return h, fault.New(fault.NotFound, "Nothing is held for %s.", id)
	case !live:
		return h, fault.New(fault.Conflict, "The time to buy what was held for you is over.").WithCode("RESERVATION_EXPIRED")
	case h.ExtensionsLeft == 0:
		return h, fault.New(fault.Conflict, "What is held for you has been held longer twice; it cannot be again.")
	}
	row, err := db.New(tx).ExtendHold(ctx, db.ExtendHoldParams{CheckoutID: id, Seconds: int32(by / time.Second)})
	if err != nil {
		return h, err
	}
	h.ExpiresAt, h.ExtensionsLeft = row.ExpiresAt.UTC(), int(row.ExtensionsLeft)
	return h, outbox.Write(ctx, tx, event.HoldExtended{CheckoutID: id, ExpiresAt: h.ExpiresAt, ExtensionsLeft: h.ExtensionsLeft})
}

// refuse stores that nothing shall be held for a checkout.
func refuse(ctx context.Context, tx pgx.Tx, id string) (Hold, error) {
	n, err := db.New(tx).RefuseHold(ctx, id)
	if err != nil {
		return Hold{}, err
	}
	if n == 0 {
		return Hold{}, errOvertaken()
	}
	h := Hold{CheckoutID: id, Status: Released}
	return h, outbox.Write(ctx, tx, h.outcome())
}

// lock reads a hold that stays as it is until tx ends, and whether its time
// still runs. A checkout without a hold is Unknown.
func lock(ctx context.Context, tx pgx.Tx, id string) (h Hold, live bool, err error) {
	row, err := db.New(tx).LockHold(ctx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return Hold{CheckoutID: id, Status: Unknown}, false, nil
	}
	if err != nil {
		return Hold{}, false, fmt.Errorf("lock hold: %w", err)
	}
	h = Hold{CheckoutID: id, Status: Status(row.Status), ExtensionsLeft: int(row.ExtensionsLeft)}
	if row.ExpiresAt != nil {
		h.ExpiresAt = row.ExpiresAt.UTC()
	}
	return h, row.Live, json.Unmarshal(row.Shortages, &h.Shortages)
}

// settle moves one locked hold and tells it.
func settle(ctx context.Context, tx pgx.Tx, h Hold, m move) (Hold, error) {
	levels, err := m.do(ctx, tx, []string{h.CheckoutID})
	if err != nil {
		return h, err
	}
	h.Status = m.to
	return h, outbox.Write(ctx, tx, append(levels, h.outcome())...)
}

// actor is who is to be named in the ledger.
func actor(ctx context.Context) string {
	return cmp.Or(auth.From(ctx).ID, event.Cause(ctx).Actor, "inventory")
}
