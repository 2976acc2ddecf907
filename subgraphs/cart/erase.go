package cart

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
	"cartograph/internal/pg"
	"cartograph/subgraphs/cart/db"
)

// guestClaimed stores that a guest became a user. A claim comes before the erasure of
// the user, which has the same subject.
func (s *Service) guestClaimed(ctx context.Context, p event.GuestClaimed, _ event.Envelope) error {
	if err := db.New(s.pool).ClaimGuest(ctx, db.ClaimGuestParams{GuestID: p.GuestID, UserID: p.UserID}); err != nil {
		return fmt.Errorf("store claim of %s: %w", p.GuestID, err)
	}
	return nil
}

// userErased empties the carts of a deleted account and deletes its wishlists, also those
// that it had as a guest. The carts stay: orders and the uses of promotions refer to
// them. A repetition changes nothing.
func (s *Service) userErased(ctx context.Context, p event.UserErased, _ event.Envelope) error {
	err := pg.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		q := db.New(tx)
		owners, err := q.GuestsOfUser(ctx, p.UserID)
		if err != nil {
			return err
		}
		owners = append(owners, p.UserID)
		for _, erase := range []func(context.Context, []string) error{q.EraseNotes, q.EraseLines, q.EraseWishlists} {
			if err := erase(ctx, owners); err != nil {
				return err
			}
		}
		return q.EraseGroups(ctx, p.UserID)
	})
	if err != nil {
		return fmt.Errorf("erase the carts of %s: %w", p.UserID, err)
	}
	return nil
}
