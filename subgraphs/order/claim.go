package order

import (
	"context"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/pg"
	"cartograph/subgraphs/order/db"
)

// guestClaimed gives the guest's checkouts and orders to the user. The claim is
// stored: checkouts that are opened for the guest later are the user's too.
func (s *Service) guestClaimed(ctx context.Context, tx pgx.Tx, c event.GuestClaimed) error {
	if c.GuestID == "" || c.UserID == "" {
		return fault.New(fault.Invalid, "A claim requires a guest and a user.")
	}
	batch := pg.BatchOf(tx)
	batch.QueueQuery(func(e pg.Executor) error { return db.New(e).LockGuest(ctx, c.GuestID) })
	batch.QueueQuery(func(e pg.Executor) error {
		return db.New(e).StoreClaim(ctx, db.StoreClaimParams{GuestID: c.GuestID, UserID: c.UserID})
	})
	batch.QueueQuery(func(e pg.Executor) error { return db.New(e).MoveClaimedCheckouts(ctx, c.GuestID) })
	batch.QueueQuery(func(e pg.Executor) error { return db.New(e).MoveClaimedOrders(ctx, c.GuestID) })
	return nil
}

// cartMerged ends the open checkout of a cart that was merged into another one:
// its lines are sold with that cart. A purchase that has an order goes on, and
// what it sells leaves the other cart.
func (s *Service) cartMerged(ctx context.Context, tx pgx.Tx, m event.CartMerged) (ended []string, err error) {
	batch := pg.BatchOf(tx)
	batch.QueueQuery(func(e pg.Executor) error {
		return db.New(e).LockCarts(ctx, db.LockCartsParams{CartIDs: []string{m.CartID, m.IntoCartID}})
	})
	batch.QueueQuery(func(e pg.Executor) error {
		return db.New(e).RecordMergedCarts(ctx, db.RecordMergedCartsParams{CartIDs: []string{m.CartID}, IntoID: m.IntoCartID})
	})
	rows, err := db.New(tx).PurchasesOfCarts(ctx, []string{m.CartID})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	purchases, err := lockedPurchases(ctx, tx, checkoutsRows(rows))
	if err != nil {
		return nil, err
	}
	for _, l := range purchases {
		if l.Checkout.Status != CheckoutOpen {
			continue
		}
		if err := s.applyLocked(ctx, l, Fact{Kind: FactCheckoutCancelled}); err != nil {
			return nil, err
		}
		ended = append(ended, l.Checkout.ID)
	}
	return ended, nil
}
