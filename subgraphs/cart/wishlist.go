package cart

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/message"
	"cartograph/subgraphs/cart/db"
)

const (
	maxWishlists     = 20 // of one owner
	maxWishlistItems = 200
	maxWishlistName  = 80
	maxItemsAtOnce   = 100
)

// Wishlist is a list of variants that an owner may want to buy later. It has no
// prices but those at which its items were added.
type Wishlist struct {
	ID         string
	OwnerID    string
	IsDefault  bool
	ShareToken *string // nil: only the owner can read it
	CreatedAt  time.Time

	name *string // nil: the default wishlist's, in the reader's language
}

// IsEntity marks wishlists as resolvable by the router, and IsNode by any client.
func (*Wishlist) IsEntity() {}
func (*Wishlist) IsNode()   {}

// Name is the name for the reader of ctx.
func (w *Wishlist) Name(ctx context.Context) string {
	if w.name == nil {
		return message.Text(ctx, "cart.wishlist.default_name", nil)
	}
	return *w.name
}

// WishlistURL is the address at which others can read a wishlist. It is shown to the
// owner alone: nobody else needs it, and who passes it on is the owner's choice.
func (s *Service) WishlistURL(ctx context.Context, w *Wishlist) *string {
	if w.ShareToken == nil || !auth.From(ctx).Owns(w.OwnerID) {
		return nil
	}
	return new(strings.TrimRight(s.shopURL, "/") + "/wishlists/" + *w.ShareToken)
}

// Wishlist is the caller's wishlist with the ID, or the shared one with the token; nil
// where there is none.
func (s *Service) Wishlist(ctx context.Context, wishlistID, token *string) (*Wishlist, error) {
	if (wishlistID == nil) == (token == nil) {
		return nil, fault.Localized(fault.Invalid, "cart.wishlist.one_of")
	}
	if wishlistID != nil {
		lists, err := s.WishlistsByID(ctx, []string{*wishlistID})
		if err != nil {
			return nil, err
		}
		return lists[0], nil
	}
	row, err := db.New(s.pool).SharedWishlist(ctx, *token)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("shared wishlist: %w", err)
	}
	return wishlistOf(row), nil
}

// WishlistsByID returns wishlists in the order of ids, nil where the caller may not see
// one: owners see their own, staff with carts:read and customers:read every wishlist.
func (s *Service) WishlistsByID(ctx context.Context, ids []string) ([]*Wishlist, error) {
	caller := auth.From(ctx)
	p := db.WishlistsByIDsParams{IDs: ids, Owners: caller.Owners(), Everybody: seesEverybody(caller)}
	rows, err := db.New(s.pool).WishlistsByIDs(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("wishlists by id: %w", err)
	}
	byID := make(map[string]*Wishlist, len(rows))
	for _, row := range rows {
		byID[row.ID] = wishlistOf(row)
	}
	lists := make([]*Wishlist, len(ids))
	for i, wishlistID := range ids {
		lists[i] = byID[wishlistID]
	}
	return lists, nil
}

func seesEverybody(caller auth.Caller) bool {
	return caller.Has("carts:read") && caller.MaySeeCustomer("")
}

// WishlistsOf returns the wishlists of users in the order of userIDs, nil where the
// caller may not see them. The caller's are returned after the merge with those that
// the caller had as a guest.
func (s *Service) WishlistsOf(ctx context.Context, userIDs []string) ([][]*Wishlist, error) {
	caller := auth.From(ctx)
	lists := make([][]*Wishlist, len(userIDs))
	owners := []string{}
	for i, userID := range userIDs {
		if userID != "" && (userID == caller.ID || seesEverybody(caller)) {
			owners, lists[i] = append(owners, userID), []*Wishlist{}
		}
		if userID == caller.ID {
			if err := s.mergeGuestWishlists(ctx); err != nil {
				return nil, err
			}
		}
	}
	if len(owners) == 0 {
		return lists, nil
	}
	rows, err := db.New(s.pool).WishlistsOfOwners(ctx, owners)
	if err != nil {
		return nil, fmt.Errorf("wishlists of users: %w", err)
	}
	for i, userID := range userIDs {
		for _, row := range rows {
			if row.OwnerID == userID && lists[i] != nil {
				lists[i] = append(lists[i], wishlistOf(row))
			}
		}
	}
	return lists, nil
}

// MyWishlists are the caller's wishlists, as a user or a guest.
func (s *Service) MyWishlists(ctx context.Context) ([]*Wishlist, error) {
	caller := auth.From(ctx)
	if caller.ID == "" {
		return []*Wishlist{}, nil
	}
	lists, err := s.WishlistsOf(ctx, []string{caller.ID})
	if err != nil {
		return nil, err
	}
	return lists[0], nil
}

// wishlistName is a name as it is stored.
func wishlistName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if n := utf8.RuneCountInString(name); n == 0 || n > maxWishlistName {
		return "", fault.Localized(fault.Invalid, "cart.wishlist.name").At("name")
	}
	return name, nil
}

// RenameWishlist gives one of the caller's wishlists another name.
func (s *Service) RenameWishlist(ctx context.Context, wishlistID, name string) (*Wishlist, error) {
	caller := auth.From(ctx)
	if caller.ID == "" {
		return nil, signInFirst()
	}
	name, err := wishlistName(name)
	if err != nil {
		return nil, err
	}
	row, err := db.New(s.pool).RenameWishlist(ctx, db.RenameWishlistParams{ID: wishlistID, Owners: caller.Owners(), Name: name})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, wishlistNotFound()
	}
	if err != nil {
		return nil, fmt.Errorf("rename wishlist %s: %w", wishlistID, err)
	}
	return wishlistOf(row), nil
}

// DeleteWishlist deletes one of the caller's wishlists with its items. The default one
// stays: variants are added to it when no wishlist is named.
func (s *Service) DeleteWishlist(ctx context.Context, wishlistID string) error {
	caller := auth.From(ctx)
	if caller.ID == "" {
		return signInFirst()
	}
	q := db.New(s.pool)
	n, err := q.RemoveWishlist(ctx, db.RemoveWishlistParams{ID: wishlistID, Owners: caller.Owners()})
	if err != nil {
		return fmt.Errorf("delete wishlist %s: %w", wishlistID, err)
	}
	if n > 0 {
		return nil
	}
	rows, err := q.WishlistsByIDs(ctx, db.WishlistsByIDsParams{IDs: []string{wishlistID}, Owners: caller.Owners()})
	switch {
	case err != nil:
		return fmt.Errorf("wishlist %s: %w", wishlistID, err)
	case len(rows) == 0:
		return wishlistNotFound()
	default:
		return fault.Localized(fault.Conflict, "cart.wishlist.default_stays").At("wishlistId")
	}
}

// CreateWishlist creates a wishlist of the caller's, and the default one with the first.
func (s *Service) CreateWishlist(ctx context.Context, name string) (*Wishlist, error) {
	name, err := wishlistName(name)
	if err != nil {
		return nil, err
	}
	caller := auth.From(ctx)
	if caller.ID == "" {
		return nil, signInFirst()
	}
	if err := s.mergeGuestWishlists(ctx); err != nil {
		return nil, err
	}
	var created db.Wishlist
	err = s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		if _, err := lockDefaultWishlist(ctx, tx, caller.ID); err != nil {
			return err
		}
		var err error
		created, err = db.New(tx).CreateWishlist(ctx, db.CreateWishlistParams{ID: id.New(id.Wishlist), OwnerID: caller.ID, Name: name, Most: maxWishlists})
		if errors.Is(err, pgx.ErrNoRows) {
			return fault.Localized(fault.Invalid, "cart.wishlist.too_many_lists", message.Args{"limit": maxWishlists}).WithCode("QUANTITY_LIMIT")
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("create wishlist: %w", err)
	}
	return wishlistOf(created), nil
}

// ShareWishlist makes a wishlist readable by its token, or ends that. The token is
// random: it cannot be guessed, and one that was ended does not come back.
func (s *Service) ShareWishlist(ctx context.Context, wishlistID string, shared bool) (*Wishlist, error) {
	caller := auth.From(ctx)
	if caller.ID == "" {
		return nil, signInFirst()
	}
	p := db.ShareWishlistParams{ID: wishlistID, Owners: caller.Owners(), Shared: shared, Token: rand.Text()}
	row, err := db.New(s.pool).ShareWishlist(ctx, p)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, wishlistNotFound()
	}
	if err != nil {
		return nil, fmt.Errorf("share wishlist %s: %w", wishlistID, err)
	}
	return wishlistOf(row), nil
}

// lockWishlist locks one of the caller's wishlists until the end of the transaction:
// the default one without an ID, which is created if there is none.
func lockWishlist(ctx context.Context, tx pgx.Tx, wishlistID *string) (*Wishlist, error) {
	caller := auth.From(ctx)
	if wishlistID == nil {
		return lockDefaultWishlist(ctx, tx, caller.ID)
	}
	row, err := db.New(tx).LockWishlist(ctx, db.LockWishlistParams{ID: *wishlistID, Owners: caller.Owners()})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, wishlistNotFound()
	}
	if err != nil {
		return nil, err
	}
	return wishlistOf(row), nil
}

func lockDefaultWishlist(ctx context.Context, tx pgx.Tx, ownerID string) (*Wishlist, error) {
	row, err := db.New(tx).CreateDefaultWishlist(ctx, db.CreateDefaultWishlistParams{ID: id.New(id.Wishlist), OwnerID: ownerID})
	if err != nil {
		return nil, err
	}
	return wishlistOf(row), nil
}

func wishlistOf(r db.Wishlist) *Wishlist {
	return &Wishlist{ID: r.ID, OwnerID: r.OwnerID, IsDefault: r.IsDefault, ShareToken: r.ShareToken, CreatedAt: r.CreatedAt, name: r.Name}
}

func signInFirst() error { return fault.Localized(fault.Unauthenticated, "cart.sign_in") }

func wishlistNotFound() error {
	return fault.Localized(fault.NotFound, "cart.wishlist.not_found").At("wishlistId")
}
