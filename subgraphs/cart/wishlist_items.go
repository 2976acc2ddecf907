package cart

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/message"
	"cartograph/internal/money"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/cart/db"
)

// WishlistItem is a variant in a wishlist.
type WishlistItem struct {
	ID           string
	VariantID    string
	Snapshot     Snapshot
	Added        money.Money // unit price when it was added
	PriceDropped bool
	AddedAt      time.Time
}

// WishlistItemPage is a page of a wishlist's items.
type WishlistItemPage struct {
	Nodes      []*WishlistItem
	PageInfo   subgraph.PageInfo
	TotalCount int
}

const (
	itemsPerPage = 50
	sortItems    = "newest"
)

// WishlistItemCursor is the position of an item in its wishlist.
func WishlistItemCursor(i *WishlistItem) string { return subgraph.EncodeCursor(sortItems, i.ID) }

// WishlistItems returns a page of each wishlist, the newest items first. All pages are
// read and priced together, whatever their number: one lookup of prices for each
// currency in which items were added. A price that is stale counts, one that is unknown
// has not dropped.
func (s *Service) WishlistItems(ctx context.Context, lists []*Wishlist, first *int, after *string) ([]*WishlistItemPage, error) {
	size, err := subgraph.First(first, itemsPerPage)
	if err != nil {
		return nil, err
	}
	var afterID string
	given, err := subgraph.DecodeCursor(after, sortItems, &afterID)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(lists))
	for i, l := range lists {
		ids[i] = l.ID
	}
	q := db.New(s.pool)
	rows, err := q.WishlistItemPages(ctx, db.WishlistItemPagesParams{IDs: ids, AfterID: afterID, Size: int32(size + 1)})
	if err != nil {
		return nil, fmt.Errorf("pages of wishlists: %w", err)
	}
	counts, err := q.CountWishlistItems(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("count items of wishlists: %w", err)
	}
	items := s.itemsOf(ctx, rows)
	pages := make([]*WishlistItemPage, len(lists))
	for i, listID := range ids {
		page := &WishlistItemPage{}
		for _, c := range counts {
			if c.WishlistID == listID {
				page.TotalCount = int(c.Items)
			}
		}
		page.Nodes, page.PageInfo = subgraph.Page(items[listID], size, given, WishlistItemCursor)
		pages[i] = page
	}
	return pages, nil
}

// itemsOf converts rows to items by their wishlist, with current data where it is known.
func (s *Service) itemsOf(ctx context.Context, rows []db.WishlistItem) map[string][]*WishlistItem {
	variants := map[string][]string{} // by currency
	for _, r := range rows {
		if !slices.Contains(variants[r.Currency], r.VariantID) {
			variants[r.Currency] = append(variants[r.Currency], r.VariantID)
		}
	}
	offers := make(map[string]Offers, len(variants))
	for currency, ids := range variants {
		offers[currency] = s.prices.Offers(ctx, currency, ids)
	}
	items := map[string][]*WishlistItem{}
	for _, r := range rows {
		item := &WishlistItem{
			ID: r.ID, VariantID: r.VariantID, AddedAt: r.AddedAt, Added: money.Money{Minor: r.UnitMinorAdded, Currency: r.Currency},
			Snapshot: Snapshot{ProductID: r.ProductID, SKU: r.Sku, Title: r.Title, Subtitle: r.Subtitle, ImageURL: r.ImageUrl},
		}
		if offer, found := offers[r.Currency].byVariant[r.VariantID]; found {
			item.Snapshot, item.PriceDropped = offer.Snapshot, offer.Price.Minor < item.Added.Minor
		}
		items[r.WishlistID] = append(items[r.WishlistID], item)
	}
	return items
}

// AddWishlistItems adds variants to one of the caller's wishlists, all or none. A variant
// that is sold out can be added; one that is not for sale has no price to add it at.
func (s *Service) AddWishlistItems(ctx context.Context, wishlistID *string, variantIDs []string) (*Wishlist, error) {
	caller := auth.From(ctx)
	if caller.ID == "" {
		return nil, signInFirst()
	}
	if len(variantIDs) > maxItemsAtOnce {
		return nil, tooManyAtOnce("variantIds")
	}
	if wishlistID == nil {
		if err := s.mergeGuestWishlists(ctx); err != nil {
			return nil, err
		}
	}
	market, err := s.marketOf(ctx, "", "")
	if err != nil {
		return nil, err
	}
	sorted := slices.Compact(slices.Sorted(slices.Values(variantIDs)))
	offers := s.prices.Offers(ctx, market.currency, sorted)
	items := newItems{currency: market.currency}
	for i, variantID := range variantIDs {
		offer, err := offers.find(variantID)
		if err != nil {
			return nil, fault.Of(err).At("variantIds", strconv.Itoa(i))
		}
		if slices.Index(variantIDs, variantID) == i {
			items.add(variantID, offer.Price.Minor, offer.Snapshot)
		}
	}
	var list *Wishlist
	err = s.outbox.InTx(ctx, func(tx pgx.Tx) (err error) {
		if list, err = lockWishlist(ctx, tx, wishlistID); err != nil {
			return err
		}
		return items.write(ctx, tx, list.ID)
	})
	if err != nil {
		return nil, fmt.Errorf("add items to a wishlist: %w", err)
	}
	return list, nil
}

// RemoveWishlistItems removes items. Items that do not exist are ignored, so a retry is
// harmless.
func (s *Service) RemoveWishlistItems(ctx context.Context, wishlistID string, itemIDs []string) (*Wishlist, error) {
	caller := auth.From(ctx)
	if caller.ID == "" {
		return nil, signInFirst()
	}
	p := db.RemoveWishlistItemsParams{WishlistID: wishlistID, Owners: caller.Owners(), IDs: itemIDs}
	if _, err := db.New(s.pool).RemoveWishlistItems(ctx, p); err != nil {
		return nil, fmt.Errorf("remove items of wishlist %s: %w", wishlistID, err)
	}
	rows, err := db.New(s.pool).WishlistsByIDs(ctx, db.WishlistsByIDsParams{IDs: []string{wishlistID}, Owners: caller.Owners()})
	if err != nil {
		return nil, fmt.Errorf("wishlist %s: %w", wishlistID, err)
	}
	if len(rows) == 0 {
		return nil, wishlistNotFound()
	}
	return wishlistOf(rows[0]), nil
}

// Wishlisted reports of each variant whether one of the caller's wishlists has it.
func (s *Service) Wishlisted(ctx context.Context, variantIDs []string) ([]bool, error) {
	wishlisted := make([]bool, len(variantIDs))
	owners := auth.From(ctx).Owners()
	if len(owners) == 0 {
		return wishlisted, nil
	}
	found, err := db.New(s.pool).WishlistedVariants(ctx, db.WishlistedVariantsParams{Owners: owners, VariantIDs: variantIDs})
	if err != nil {
		return nil, fmt.Errorf("variants in wishlists: %w", err)
	}
	for i, variantID := range variantIDs {
		wishlisted[i] = slices.Contains(found, variantID)
	}
	return wishlisted, nil
}

// newItems are items of one currency that are added to a wishlist in one statement.
type newItems struct {
	currency string
	p        db.AddWishlistItemsParams
}

func (n *newItems) add(variantID string, minor int64, s Snapshot) {
	n.p.IDs = append(n.p.IDs, id.New(id.WishItem))
	n.p.VariantIDs, n.p.Minors = append(n.p.VariantIDs, variantID), append(n.p.Minors, minor)
	n.p.ProductIds, n.p.Skus = append(n.p.ProductIds, s.ProductID), append(n.p.Skus, s.SKU)
	n.p.Titles, n.p.Subtitles, n.p.ImageUrls = append(n.p.Titles, s.Title), append(n.p.Subtitles, s.Subtitle), append(n.p.ImageUrls, s.ImageURL)
}

// write adds the items to a wishlist that is locked, so that the number of its items
// holds until the commit.
func (n *newItems) write(ctx context.Context, tx pgx.Tx, wishlistID string) error {
	q := db.New(tx)
	n.p.WishlistID, n.p.Currency = wishlistID, n.currency
	if err := q.AddWishlistItems(ctx, n.p); err != nil {
		return err
	}
	counts, err := q.CountWishlistItems(ctx, []string{wishlistID})
	if err != nil {
		return err
	}
	if len(counts) > 0 && counts[0].Items > maxWishlistItems {
		return fault.Localized(fault.Invalid, "cart.wishlist.too_many_items", message.Args{"limit": maxWishlistItems}).WithCode("QUANTITY_LIMIT")
	}
	return nil
}

func tooManyAtOnce(argument string) error {
	return fault.Localized(fault.Invalid, "cart.wishlist.too_many_at_once", message.Args{"limit": maxItemsAtOnce}).At(argument)
}
