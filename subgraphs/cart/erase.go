package cart

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
	"cartograph/internal/pg"
	"cartograph/subgraphs/cart/db"
)

// userErased empties the carts of a deleted account and deletes its wishlists. The carts
// stay: orders and the uses of promotions refer to them. A repetition changes nothing.
func (s *Service) userErased(ctx context.Context, p event.UserErased, _ event.Envelope) error {
	err := pg.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		q := db.New(tx)
		if err := q.EraseNotes(ctx, p.UserID); err != nil {
			return err
		}
		if err := q.EraseLines(ctx, p.UserID); err != nil {
			return err
		}
		if err := q.EraseWishlists(ctx, p.UserID); err != nil {
			return err
		}
		return q.EraseGroups(ctx, p.UserID)
	})
	if err != nil {
		return fmt.Errorf("erase the carts of %s: %w", p.UserID, err)
	}
	return nil
}
