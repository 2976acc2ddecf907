package cart

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/idempotency"
	"cartograph/internal/limits"
	"cartograph/subgraphs/cart/db"
)

// MoveLinesToWishlist moves lines of a cart to a wishlist in one transaction. The price
// at which an item is added is the current one, or the line's last known one while the
// catalogue is unavailable: giving up a line must not depend on it.
//
// Both moves lock the cart first and the wishlist second, so two of them cannot wait for
// each other.
func (s *Service) MoveLinesToWishlist(ctx context.Context, cartID string, lineIDs []string, wishlistID *string) (*Cart, *Wishlist, error) {
	if auth.From(ctx).ID == "" {
		return nil, nil, signInFirst()
	}
	if wishlistID == nil {
		if err := s.mergeGuestWishlists(ctx); err != nil {
			return nil, nil, err
		}
	}
	before, err := s.Cart(ctx, cartID)
	if err != nil {
		return nil, nil, err
	}
	if before == nil {
		return nil, nil, notFound()
	}
	offers := s.prices.Offers(ctx, before.Currency, before.variantIDs())
	var list *Wishlist
	c, err := s.change(ctx, target{cartID: &cartID}, func(tx pgx.Tx, c *Cart) (err error) {
		if list, err = lockWishlist(ctx, tx, wishlistID); err != nil {
			return err
		}
		items := newItems{currency: c.Currency}
		for _, l := range c.Lines {
			if !slices.Contains(lineIDs, l.ID) {
				continue
			}
			price := l.Last
			if offer, found := offers.byVariant[l.VariantID]; found && offer.Price.Currency == c.Currency {
				price = offer.Price
			}
			items.add(l.VariantID, price.Minor, l.Snapshot)
		}
		if err := items.write(ctx, tx, list.ID); err != nil {
			return err
		}
		return db.New(tx).RemoveLines(ctx, db.RemoveLinesParams{CartID: c.ID, IDs: lineIDs})
	})
	return c, list, err
}

const moveOperation = "wishlistItemsMoveToCart"

// MoveToCartRequest is the input of MoveItemsToCart.
type MoveToCartRequest struct {
	WishlistID     string
	ItemIDs        []string
	IdempotencyKey *string
}

// fingerprint is what two requests with one idempotency key must have in common.
func (r MoveToCartRequest) fingerprint() any {
	return struct {
		WishlistID string
		ItemIDs    []string
	}{r.WishlistID, r.ItemIDs}
}

// MoveItemsToCart moves items of a wishlist to the active cart, one unit of each, in one
// transaction. Only items that the wishlist still has are moved: without a key, a
// repeated request finds none.
func (s *Service) MoveItemsToCart(ctx context.Context, req MoveToCartRequest) (*Cart, *Wishlist, error) {
	caller := auth.From(ctx)
	if caller.ID == "" {
		return nil, nil, signInFirst()
	}
	if len(req.ItemIDs) > maxItemsAtOnce {
		return nil, nil, tooManyAtOnce("itemIds")
	}
	if c, list, err := s.movedEarlier(ctx, req); c != nil || err != nil {
		return c, list, err
	}
	items, err := s.itemsToMove(ctx, req)
	if err != nil {
		return nil, nil, err
	}
	market, err := s.marketOf(ctx, "", "")
	if err != nil {
		return nil, nil, err
	}
	target := target{market: market}
	currency, err := s.currencyOf(ctx, target)
	if err != nil {
		return nil, nil, err
	}
	variants := make([]string, len(items))
	for i, item := range items {
		variants[i] = item.VariantID
	}
	offers := s.prices.Offers(ctx, currency, variants)
	for _, item := range items { // before a cart is created or locked
		if _, err := offers.find(item.VariantID); err != nil {
			return nil, nil, atItem(err, req, item.ID)
		}
	}
	var list *Wishlist
	c, err := s.change(ctx, target, func(tx pgx.Tx, c *Cart) (err error) {
		if err := claimMove(ctx, tx, req, c); err != nil {
			return err
		}
		if c.Currency != currency {
			return changed()
		}
		if list, err = lockWishlist(ctx, tx, &req.WishlistID); err != nil {
			return err
		}
		return moveItems(ctx, tx, c, req, items, offers)
	})
	if errors.Is(err, errReplayed) {
		return s.movedEarlier(ctx, req)
	}
	return c, list, err
}

func moveItems(ctx context.Context, tx pgx.Tx, c *Cart, req MoveToCartRequest, items []db.WishlistItem, offers Offers) error {
	taken, err := db.New(tx).TakeWishlistItems(ctx, db.TakeWishlistItemsParams{WishlistID: req.WishlistID, IDs: req.ItemIDs})
	if err != nil {
		return err
	}
	for _, item := range items {
		if !slices.Contains(taken, item.ID) {
			continue // moved or removed since it was read
		}
		if err := addOne(ctx, tx, c, &LineInput{VariantID: item.VariantID, Quantity: 1}, offers); err != nil {
			return atItem(err, req, item.ID)
		}
	}
	if len(c.Lines) > limits.MaxCartLines {
		return tooManyLines()
	}
	return nil
}

// itemsToMove are the items of the request that the wishlist has, in the order in which
// they were added.
func (s *Service) itemsToMove(ctx context.Context, req MoveToCartRequest) ([]db.WishlistItem, error) {
	lists, err := db.New(s.pool).WishlistsByIDs(ctx, db.WishlistsByIDsParams{IDs: []string{req.WishlistID}, Owners: auth.From(ctx).Owners()})
	if err == nil && len(lists) == 0 {
		return nil, wishlistNotFound()
	}
	if err != nil {
		return nil, fmt.Errorf("wishlist %s: %w", req.WishlistID, err)
	}
	items, err := db.New(s.pool).WishlistItemsByID(ctx, db.WishlistItemsByIDParams{WishlistID: req.WishlistID, IDs: req.ItemIDs})
	if err != nil {
		return nil, fmt.Errorf("items of wishlist %s: %w", req.WishlistID, err)
	}
	return items, nil
}

// claimMove stores the request's idempotency key, if it has one. It returns errReplayed
// if the request was carried out before.
func claimMove(ctx context.Context, tx pgx.Tx, req MoveToCartRequest, c *Cart) error {
	if req.IdempotencyKey == nil {
		return nil
	}
	earlier, err := idempotency.Claim(ctx, tx, auth.From(ctx).ID, moveOperation, *req.IdempotencyKey, req.fingerprint(), c.ID)
	if err == nil && earlier != "" {
		return errReplayed
	}
	return atKey(err)
}

// movedEarlier returns the cart and the wishlist of an earlier request with the same
// idempotency key, as they are now; no cart if there was none.
func (s *Service) movedEarlier(ctx context.Context, req MoveToCartRequest) (*Cart, *Wishlist, error) {
	if req.IdempotencyKey == nil {
		return nil, nil, nil
	}
	cartID, err := idempotency.Recall(ctx, s.pool, auth.From(ctx).ID, moveOperation, *req.IdempotencyKey, req.fingerprint())
	if err != nil || cartID == "" {
		return nil, nil, atKey(err)
	}
	c, err := s.Cart(ctx, cartID)
	if err != nil {
		return nil, nil, err
	}
	lists, err := s.WishlistsByID(ctx, []string{req.WishlistID})
	if err != nil {
		return nil, nil, err
	}
	return c, lists[0], nil
}

// atItem sets the path of an error to the item of the request that caused it.
func atItem(err error, req MoveToCartRequest, itemID string) error {
	return &lineError{err, "itemIds", strconv.Itoa(slices.Index(req.ItemIDs, itemID))}
}
