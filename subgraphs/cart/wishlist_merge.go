package cart

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/message"
	"cartograph/subgraphs/cart/db"
)

// mergeGuestWishlists transfers the wishlists that the caller had as a guest to the
// account, on the first use of wishlists with both. Rules:
//
//   - Items of the guest's default wishlist become items of the account's, which keeps
//     its own date and price of a variant that both have.
//   - A guest's default wishlist that is shared, or whose items do not all fit, becomes
//     a wishlist of its own: its link stays, and nothing is lost.
//   - Other wishlists become the account's as they are. Those beyond maxWishlists stay
//     the guest's, and readable, until there is room.
//
// The lock of the account's default wishlist serialises the requests of the first page
// after signing in; all but the first find nothing left to transfer.
func (s *Service) mergeGuestWishlists(ctx context.Context) error {
	caller := auth.From(ctx)
	if caller.Kind != auth.User || caller.GuestID == "" {
		return nil
	}
	lists, err := db.New(s.pool).WishlistsOfOwners(ctx, []string{caller.GuestID})
	if err == nil && len(lists) > 0 {
		err = s.outbox.InTx(ctx, func(tx pgx.Tx) error { return adoptWishlists(ctx, tx, caller) })
	}
	if err != nil {
		return fmt.Errorf("merge the guest wishlists of %s: %w", caller.ID, err)
	}
	return nil
}

func adoptWishlists(ctx context.Context, tx pgx.Tx, caller auth.Caller) error {
	q := db.New(tx)
	into, err := lockDefaultWishlist(ctx, tx, caller.ID)
	if err != nil {
		return err
	}
	guests, err := q.LockWishlistsOf(ctx, caller.GuestID)
	if err != nil {
		return err
	}
	own, err := q.WishlistsOfOwners(ctx, []string{caller.ID})
	if err != nil {
		return err
	}
	whole := []string{}
	for _, g := range guests {
		merged, err := mergeDefault(ctx, q, into.ID, g)
		if err != nil {
			return err
		}
		if !merged && len(own)+len(whole) < maxWishlists {
			whole = append(whole, g.ID)
		}
	}
	if len(whole) == 0 {
		return nil
	}
	name := message.Text(ctx, "cart.wishlist.earlier_name", nil)
	return q.AdoptWishlists(ctx, db.AdoptWishlistsParams{OwnerID: caller.ID, GuestID: caller.GuestID, Name: name, IDs: whole})
}

// mergeDefault moves the items of a guest's default wishlist and reports whether it did.
func mergeDefault(ctx context.Context, q *db.Queries, intoID string, guest db.Wishlist) (bool, error) {
	if !guest.IsDefault || guest.ShareToken != nil {
		return false, nil
	}
	both, err := q.CountOfBothWishlists(ctx, db.CountOfBothWishlistsParams{IntoID: intoID, FromID: guest.ID})
	if err != nil || both > maxWishlistItems {
		return false, err
	}
	if err := q.MoveWishlistItems(ctx, db.MoveWishlistItemsParams{IntoID: intoID, FromID: guest.ID}); err != nil {
		return false, err
	}
	return true, q.DeleteWishlist(ctx, guest.ID)
}
