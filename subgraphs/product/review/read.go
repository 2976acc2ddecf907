package review

import (
	"context"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/product/db"
)

// Page is a page of reviews.
type Page struct {
	Nodes    []*Review
	Edges    []Edge
	PageInfo subgraph.PageInfo
}

// Edge is a review of a page and its cursor.
type Edge struct {
	Cursor string
	Node   *Review
}

// Listing is which page of a list is read.
type Listing struct {
	First int
	After *string
}

// order is an order of a product's reviews, as cursors name it and as SQL has it.
type order struct {
	name string
	by   db.ReviewOrder
	key  func(*Review) int64
}

func orderOf(s Sort) order {
	switch s {
	case Newest:
		return order{string(s), db.Newest, func(r *Review) int64 { return r.CreatedAt.UnixMicro() }}
	case RatingHigh:
		return order{string(s), db.RatingHigh, func(r *Review) int64 { return int64(r.Rating) }}
	case RatingLow:
		return order{string(s), db.RatingLow, func(r *Review) int64 { return int64(r.Rating) }}
	default:
		return order{string(s), db.MostHelpful, func(r *Review) int64 { return int64(r.HelpfulCount) }}
	}
}

// position is where the page begins in the order of a name.
func (l Listing) position(name string) (after db.ReviewsAfter, given bool, err error) {
	given, err = subgraph.DecodeCursor(l.After, name, &after.Key, &after.ID)
	if err == nil && given && (after.ID == "" || !storable(after.ID)) {
		return after, given, fault.Localized(fault.Invalid, "common.foreign_cursor").At("after")
	}
	return after, given, err
}

func (l Listing) page(reviews []*Review, name string, given bool, key func(*Review) int64) *Page {
	cursor := func(r *Review) string { return subgraph.EncodeCursor(name, key(r), r.ID) }
	p := &Page{}
	p.Nodes, p.PageInfo = subgraph.Page(reviews, l.First, given, cursor)
	p.Edges = make([]Edge, len(p.Nodes))
	for i, r := range p.Nodes {
		p.Edges[i] = Edge{cursor(r), r}
	}
	return p
}

// Review is a review that the caller may see, or nil.
func (s *Service) Review(ctx context.Context, reviewID string) (*Review, error) {
	byID, err := s.ReviewsByID(ctx, []string{reviewID})
	return byID[reviewID], err
}

// ReviewsByID are the reviews that the caller may see, by ID.
func (s *Service) ReviewsByID(ctx context.Context, ids []string) (map[string]*Review, error) {
	var known []string
	for _, reviewID := range ids {
		if storable(reviewID) {
			known = append(known, reviewID)
		}
	}
	if len(known) == 0 {
		return nil, nil
	}
	rows, err := db.New(s.pool).ReviewsByID(ctx, auth.From(ctx).ID, known, moderator(ctx))
	byID := make(map[string]*Review, len(rows))
	for _, row := range rows {
		byID[row.ID] = reviewOf(row)
	}
	return byID, wrap("read reviews", err)
}

// OfProducts is a page of the published reviews of each product.
func (s *Service) OfProducts(ctx context.Context, productIDs []string, sort Sort, rating *int, l Listing) ([]*Page, error) {
	if rating != nil && (*rating < 1 || *rating > 5) {
		return nil, fault.Localized(fault.Invalid, "review.rating").At("rating")
	}
	o := orderOf(sort)
	after, given, err := l.position(o.name)
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.pool).ReviewsOfProducts(ctx, auth.From(ctx).ID, productIDs, o.by, rating, after, l.First+1)
	if err != nil {
		return nil, wrap("read reviews of products", err)
	}
	byProduct := map[string][]*Review{}
	for _, r := range reviewsOf(rows) {
		byProduct[r.ProductID] = append(byProduct[r.ProductID], r)
	}
	pages := make([]*Page, len(productIDs))
	for i, productID := range productIDs {
		pages[i] = l.page(byProduct[productID], o.name, given, o.key)
	}
	return pages, nil
}

// Own are the caller's reviews of products, by the product's ID.
func (s *Service) Own(ctx context.Context, productIDs []string) (map[string]*Review, error) {
	caller := auth.From(ctx)
	if caller.Kind != auth.User {
		return nil, nil
	}
	rows, err := db.New(s.pool).OwnReviews(ctx, caller.ID, productIDs)
	byProduct := make(map[string]*Review, len(rows))
	for _, row := range rows {
		byProduct[row.ProductID] = reviewOf(row)
	}
	return byProduct, wrap("read own reviews", err)
}

const (
	sortOwn   = "reviews of author"
	sortQueue = "reviews to moderate"
)

// OfAuthor is a page of a user's reviews in every status, the newest first. It is
// nil unless the user is the caller, or the caller is a moderator.
func (s *Service) OfAuthor(ctx context.Context, authorID string, l Listing) (*Page, error) {
	if !visibleTo(ctx, authorID) {
		return nil, nil
	}
	after, given, err := l.position(sortOwn)
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.pool).ReviewsOfAuthor(ctx, auth.From(ctx).ID, authorID, after, l.First+1)
	if err != nil {
		return nil, wrap("read reviews of "+authorID, err)
	}
	return l.page(reviewsOf(rows), sortOwn, given, func(r *Review) int64 { return r.CreatedAt.UnixMicro() }), nil
}

// CountOfAuthor is how many reviews OfAuthor has on all pages.
func (s *Service) CountOfAuthor(ctx context.Context, authorID string) (int, error) {
	n, err := db.New(s.pool).CountReviewsOfAuthor(ctx, authorID)
	return int(n), wrap("count reviews of "+authorID, err)
}

func visibleTo(ctx context.Context, authorID string) bool {
	caller := auth.From(ctx)
	return storable(authorID) && (moderator(ctx) || caller.Kind == auth.User && caller.ID == authorID)
}

// Pending is a page of the reviews that await moderation, the one that waits
// longest first.
func (s *Service) Pending(ctx context.Context, l Listing) (*Page, error) {
	after, given, err := l.position(sortQueue)
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.pool).PendingReviews(ctx, auth.From(ctx).ID, after, l.First+1)
	if err != nil {
		return nil, wrap("read reviews to moderate", err)
	}
	return l.page(reviewsOf(rows), sortQueue, given, func(r *Review) int64 { return r.UpdatedAt.UnixMicro() }), nil
}

// CountPending is how many reviews await moderation.
func (s *Service) CountPending(ctx context.Context) (int, error) {
	n, err := db.New(s.pool).CountPendingReviews(ctx)
	return int(n), wrap("count reviews to moderate", err)
}
