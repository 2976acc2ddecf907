package cart

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/id"
	"cartograph/internal/outbox"
	"cartograph/subgraphs/cart/db"
)

// mergeGuest puts the cart that a user had as a guest into the account's, the
// first time that the user is seen with both. The guest's cart becomes the
// account's if that has none. Quantities add up to what a line may hold; a line
// of the account keeps its own price history.
func (s *Service) mergeGuest(ctx context.Context, caller auth.Caller) error {
	if caller.Kind != auth.User || caller.GuestID == "" {
		return nil
	}
	var changed *Cart
	err := s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		carts, err := lockActive(ctx, tx, caller)
		if err != nil {
			return err
		}
		own, guest := carts[caller.ID], carts[caller.GuestID]
		switch {
		case guest == nil:
			return nil
		case own == nil:
			if err := db.New(tx).Adopt(ctx, db.AdoptParams{ID: guest.ID, OwnerID: caller.ID}); err != nil {
				return err
			}
			changed, err = s.touch(ctx, tx, guest.ID)
			return err
		default:
			if err := merge(ctx, tx, own, guest); err != nil {
				return err
			}
			changed, err = s.touch(ctx, tx, own.ID)
			return err
		}
	})
	if err != nil {
		return fmt.Errorf("merge the guest cart of %s: %w", caller.ID, err)
	}
	if changed != nil {
		s.changes.Notify(changed.ID)
	}
	return nil
}

// lockActive locks the caller's active carts, in the order of their ids so
// that two requests of one user cannot wait for each other, by owner.
func lockActive(ctx context.Context, tx pgx.Tx, caller auth.Caller) (map[string]*Cart, error) {
	q := db.New(tx)
	rows, err := q.LockActiveCarts(ctx, caller.Owners())
	if err != nil {
		return nil, err
	}
	carts, err := load(ctx, q, rows)
	if err != nil {
		return nil, err
	}
	byOwner := make(map[string]*Cart, len(carts))
	for _, c := range carts {
		byOwner[c.OwnerID] = c
	}
	return byOwner, nil
}

func merge(ctx context.Context, tx pgx.Tx, own, guest *Cart) error {
	q := db.New(tx)
	for _, l := range guest.Lines {
		quantity := l.Quantity
		if have := own.lineOf(l.VariantID); have != nil {
			quantity = min(have.Quantity+l.Quantity, MaxQuantity)
		} else if len(own.Lines) == MaxLines {
			continue
		}
		if err := q.MoveLine(ctx, db.MoveLineParams{
			ID: id.New(id.CartLine), CartID: own.ID, FromLineID: l.ID, Quantity: int32(quantity),
		}); err != nil {
			return err
		}
	}
	if own.Currency != guest.Currency && len(own.Lines) == 0 {
		if err := q.SetContext(ctx, db.SetContextParams{ID: own.ID, Currency: guest.Currency, Country: guest.Country}); err != nil {
			return err
		}
	}
	if err := q.CloseMerged(ctx, db.CloseMergedParams{ID: guest.ID, IntoID: own.ID}); err != nil {
		return err
	}
	return outbox.Write(ctx, tx, event.CartMerged{CartID: guest.ID, IntoCartID: own.ID})
}
