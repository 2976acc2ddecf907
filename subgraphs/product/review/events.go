package review

import (
	"context"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
	"cartograph/internal/inbox"
	"cartograph/internal/pg"
	"cartograph/subgraphs/product/db"
)

// Register registers the handlers of what reviews depend on: names of users, and
// who bought what. Each may be repeated, and come before or after any other.
func (s *Service) Register(m *inbox.Mux) {
	inbox.OnDirect(m, func(ctx context.Context, p event.UserRegistered, e event.Envelope) error {
		return s.storeAuthor(ctx, p.UserID, p.DisplayName, e)
	})
	inbox.OnDirect(m, func(ctx context.Context, p event.UserProfileChanged, e event.Envelope) error {
		return s.storeAuthor(ctx, p.UserID, p.DisplayName, e)
	})
	inbox.OnDirect(m, func(ctx context.Context, p event.UserErased, e event.Envelope) error {
		if err := db.New(s.pool).EraseAlertsOf(ctx, p.UserID); err != nil {
			return wrap("delete stock alerts of "+p.UserID, err)
		}
		return s.storeAuthor(ctx, p.UserID, p.DisplayName, e)
	})
	inbox.OnDirect(m, func(ctx context.Context, p event.GuestClaimed, _ event.Envelope) error {
		return wrap("store claim of "+p.GuestID, db.New(s.pool).StoreGuestClaim(ctx, db.StoreGuestClaimParams{GuestID: p.GuestID, UserID: p.UserID}))
	})
	inbox.On(m, func(ctx context.Context, tx pgx.Tx, p event.OrderConfirmed, _ event.Envelope) error {
		return storePurchase(ctx, tx, p)
	})
	inbox.On(m, func(ctx context.Context, tx pgx.Tx, p event.OrderCancelled, _ event.Envelope) error {
		batch := pg.BatchOf(tx)
		batch.QueueQuery(func(e pg.Executor) error { return db.New(e).StoreCancelledOrder(ctx, p.OrderID) })
		batch.QueueQuery(func(e pg.Executor) error { return db.New(e).CancelPurchase(ctx, p.OrderID) })
		return nil
	})
}

func (s *Service) storeAuthor(ctx context.Context, userID, name string, e event.Envelope) error {
	return wrap("store name of "+userID, db.New(s.pool).StoreAuthor(ctx, db.StoreAuthorParams{ID: userID, DisplayName: name, Sequence: e.Sequence}))
}

func storePurchase(ctx context.Context, tx pgx.Tx, p event.OrderConfirmed) error {
	variants, quantities := make([]string, len(p.Lines)), make([]int32, len(p.Lines))
	for i, line := range p.Lines {
		variants[i], quantities[i] = line.VariantID, int32(line.Quantity) //nolint:gosec // at most limits.MaxOrderLineQuantity
	}
	return db.New(tx).StorePurchase(ctx, db.StorePurchaseParams{
		OrderID: p.OrderID, OwnerID: p.OwnerID, ConfirmedAt: p.ConfirmedAt.UTC(), VariantIDs: variants, Quantities: quantities,
	})
}
