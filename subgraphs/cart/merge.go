package cart

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/id"
	"cartograph/internal/limits"
	"cartograph/internal/outbox"
	"cartograph/subgraphs/cart/db"
)

// mergeGuest merges the caller's guest cart into the account's cart, on the first
// request with both. Rules:
//
//   - An account without an active cart takes over the guest's cart as it is.
//   - Quantities of the same variant add up, capped at limits.MaxCartLineQuantity; the account's
//     line keeps its own price history, so a price change that the customer has
//     not acknowledged there stays a problem.
//   - Lines beyond limits.MaxCartLines are dropped: the cart of the account goes first.
//   - An empty account cart takes over the guest's currency and country. Otherwise
//     the account's stay, and lines with prices in another currency have a changed
//     price until the customer acknowledges the new one.
//
// The first page after signing in sends several requests at once. All of them
// come here; the row locks serialise them, and all but the first find no active
// guest cart.
func (s *Service) mergeGuest(ctx context.Context) error {
	caller := auth.From(ctx)
	if caller.Kind != auth.User || caller.GuestID == "" {
		return nil
	}
	var changed *Cart
	err := s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		carts, err := lockActive(ctx, tx, caller.Owners())
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
			changed, err = s.publish(ctx, tx, guest.ID)
			return err
		default:
			if err := merge(ctx, tx, own, guest); err != nil {
				return err
			}
			changed, err = s.publish(ctx, tx, own.ID)
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

// lockActive locks the owners' active carts and returns them by owner. They are
// locked in the order of their ids, so that concurrent requests cannot deadlock.
func lockActive(ctx context.Context, tx pgx.Tx, owners []string) (map[string]*Cart, error) {
	q := db.New(tx)
	rows, err := q.LockActiveCarts(ctx, owners)
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
	for _, m := range own.merged(guest) {
		if err := q.MoveLine(ctx, db.MoveLineParams{
			ID: id.New(id.CartLine), CartID: own.ID, FromLineID: m.fromLineID, Quantity: int32(m.quantity),
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

// move copies a guest's line and sets the quantity of the result.
type move struct {
	fromLineID string
	quantity   int
}

// merged returns the lines of the guest's cart that c takes over.
func (c *Cart) merged(guest *Cart) []move {
	var moves []move
	lines := len(c.Lines)
	for _, l := range guest.Lines {
		quantity := l.Quantity
		switch existing := c.lineOf(l.VariantID); {
		case existing != nil:
			quantity = min(existing.Quantity+l.Quantity, limits.MaxCartLineQuantity)
		case lines == limits.MaxCartLines:
			continue
		default:
			lines++
		}
		moves = append(moves, move{l.ID, quantity})
	}
	return moves
}
