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
	"cartograph/internal/limits"
	"cartograph/internal/outbox"
)

// Hold reserves all lines of a checkout, or none.
func (w *Worker) Hold(ctx context.Context, r Request) (Hold, error) {
	r.holder = holderOf(ctx)
	r, err := r.normalise()
	if err != nil {
		return Hold{}, err
	}
	h, err := w.batcher.hold(ctx, r)
	if err != nil {
		return Hold{}, fmt.Errorf("hold for %s: %w", r.CheckoutID, err)
	}
	w.expected.Expect(event.Type[event.CheckoutOpened]() + r.CheckoutID)
	return h, nil
}

func (w *Worker) executeBatch(ctx context.Context, requests []Request) (holds []Hold, err error) {
	err = w.outbox.InTx(ctx, func(tx pgx.Tx) error {
		holds, err = decideBatch(ctx, tx, w.limits, requests)
		return err
	})
	return holds, err
}

// Commit sells what is held. Committing twice sells once. A hold that is over is
// returned as it is, and HoldCommitFailed is published.
func (w *Worker) Commit(ctx context.Context, checkoutID string) (Hold, error) {
	h, err := w.run(ctx, "commit", checkoutID, commit)
	if err == nil {
		w.expected.Expect(event.Type[event.StockCommitDue]() + checkoutID)
	}
	return h, err
}

// Release makes what is held available. A checkout without a hold is stored as
// released, so that a hold request that arrives later holds nothing.
func (w *Worker) Release(ctx context.Context, checkoutID string) (Hold, error) {
	return w.run(ctx, "release", checkoutID, release)
}

// ReturnStock makes what was sold available.
func (w *Worker) ReturnStock(ctx context.Context, checkoutID string) (Hold, error) {
	return w.run(ctx, "return", checkoutID, returnStock)
}

// Extend postpones the end of a hold, limits.MaxHoldExtensions times at most. A hold
// that is over is a Conflict RESERVATION_EXPIRED. A guest's hold is not extended
// while a variant of it is sold out for others: another customer may be about to pay.
func (w *Worker) Extend(ctx context.Context, checkoutID string, by time.Duration) (Hold, error) {
	if by < limits.MinHoldExtension || by > limits.MaxHoldExtension {
		return Hold{}, fault.New(fault.Invalid, "A hold is extended by %s to %s, not %s.", limits.MinHoldExtension, limits.MaxHoldExtension, by).At("seconds")
	}
	return w.run(ctx, "extend", checkoutID, func(ctx context.Context, tx pgx.Tx, id string) (Hold, error) {
		return extend(ctx, tx, id, by)
	})
}

// command changes one hold and publishes the outcome, in a transaction.
type command func(ctx context.Context, tx pgx.Tx, checkoutID string) (Hold, error)

func (w *Worker) run(ctx context.Context, name, checkoutID string, run command) (h Hold, err error) {
	if err := checkID(checkoutID); err != nil {
		return Hold{}, err
	}
	err = w.outbox.InTx(ctx, func(tx pgx.Tx) error {
		h, err = run(ctx, tx, checkoutID)
		return err
	})
	if err != nil {
		return Hold{}, fmt.Errorf("%s hold of %s: %w", name, checkoutID, err)
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
		return apply(ctx, tx, h, commitHold)
	case h.Status == Held: // its end has passed: a failed commit is final, so the hold must be too
		if h, err = apply(ctx, tx, h, expireHold); err != nil {
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
		return apply(ctx, tx, h, releaseHold)
	case h.Status == Unknown:
		return releaseUnheld(ctx, tx, id)
	}
	return h, outbox.Write(ctx, tx, h.outcome())
}

// undo makes the stock of an order available, whether it is held or sold.
func undo(ctx context.Context, tx pgx.Tx, id string) (Hold, error) {
	h, _, err := lock(ctx, tx, id)
	if err == nil && h.Status == Committed {
		return apply(ctx, tx, h, returnSold)
	}
	if err != nil {
		return h, err
	}
	return release(ctx, tx, id)
}

func returnStock(ctx context.Context, tx pgx.Tx, id string) (Hold, error) {
	h, _, err := lock(ctx, tx, id)
	switch {
	case err != nil:
		return h, err
	case h.Status == Unknown:
		return h, fault.Localized(fault.NotFound, "inventory.not_reserved")
	case h.Status == Committed:
		return apply(ctx, tx, h, returnSold)
	}
	return h, outbox.Write(ctx, tx, h.outcome())
}

func extend(ctx context.Context, tx pgx.Tx, id string, by time.Duration) (Hold, error) {
	h, live, err := lock(ctx, tx, id)
	switch {
	case err != nil:
		return h, err
	case h.Status == Unknown:
		return h, fault.Localized(fault.NotFound, "inventory.not_reserved")
	case !live:
		return h, fault.Localized(fault.Conflict, "inventory.hold_expired").WithCode("RESERVATION_EXPIRED")
	case h.ExtensionsLeft == 0:
		return h, fault.Localized(fault.Conflict, "inventory.no_extension_left")
	}
	scarce, err := db.New(tx).GuestHoldsLast(ctx, id)
	if err != nil {
		return h, err
	}
	if scarce {
		return h, fault.Localized(fault.Conflict, "inventory.no_extension_of_scarce")
	}
	row, err := db.New(tx).ExtendHold(ctx, db.ExtendHoldParams{CheckoutID: id, Seconds: int32(by / time.Second)})
	if err != nil {
		return h, err
	}
	h.ExpiresAt, h.ExtensionsLeft = row.ExpiresAt.UTC(), int(row.ExtensionsLeft)
	return h, outbox.Write(ctx, tx, event.HoldExtended{CheckoutID: id, ExpiresAt: h.ExpiresAt, ExtensionsLeft: h.ExtensionsLeft})
}

// releaseUnheld stores a checkout without a hold as released.
func releaseUnheld(ctx context.Context, tx pgx.Tx, id string) (Hold, error) {
	n, err := db.New(tx).InsertReleasedHold(ctx, id)
	if err != nil {
		return Hold{}, err
	}
	if n == 0 {
		return Hold{}, errConcurrentHold()
	}
	h := Hold{CheckoutID: id, Status: Released}
	return h, outbox.Write(ctx, tx, h.outcome())
}

// lock locks and reads a hold. live reports whether it is HELD and its end has not
// passed by the clock of Postgres. A checkout without a hold is Unknown.
func lock(ctx context.Context, tx pgx.Tx, id string) (h Hold, live bool, err error) {
	row, err := db.New(tx).LockHold(ctx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return Hold{CheckoutID: id, Status: Unknown}, false, nil
	}
	if err != nil {
		return Hold{}, false, fmt.Errorf("lock hold: %w", err)
	}
	h = Hold{CheckoutID: id, Status: Status(row.Status), ExtensionsLeft: int(row.ExtensionsLeft), onSale: row.OnSale}
	if row.ExpiresAt != nil {
		h.ExpiresAt = row.ExpiresAt.UTC()
	}
	return h, row.Live, json.Unmarshal(row.Shortages, &h.Shortages)
}

// apply applies a transition to one locked hold and publishes the outcome.
func apply(ctx context.Context, tx pgx.Tx, h Hold, t transition) (Hold, error) {
	levels, err := t.apply(ctx, tx, []string{h.CheckoutID}, h.onSale)
	if err != nil {
		return h, err
	}
	h.Status = t.to
	return h, outbox.Write(ctx, tx, append(levels, h.outcome())...)
}

// actor is the actor of the ledger entry: whoever the call or the event is for.
func actor(ctx context.Context) string {
	return cmp.Or(auth.From(ctx).Accountable().ID, event.Cause(ctx).Actor, "inventory")
}
