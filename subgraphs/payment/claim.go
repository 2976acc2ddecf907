package payment

import (
	"context"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/subgraphs/payment/db"
)

// guestClaimed gives the guest's orders to the user, and with them their payments
// and refunds. The claim is stored: orders of the guest that arrive later are the
// user's too.
func (w *writer) guestClaimed(ctx context.Context, c event.GuestClaimed) error {
	if c.GuestID == "" || c.UserID == "" {
		return fault.New(fault.Invalid, "A claim requires a guest and a user.")
	}
	w.queue(func(q *db.Queries) error { return q.LockGuest(ctx, c.GuestID) })
	w.queue(func(q *db.Queries) error {
		return q.StoreClaim(ctx, db.StoreClaimParams{GuestID: c.GuestID, UserID: c.UserID})
	})
	w.queue(func(q *db.Queries) error { return q.MoveClaimedOrders(ctx, c.GuestID) })
	return nil
}
