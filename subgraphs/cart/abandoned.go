package cart

import (
	"context"
	"fmt"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/cart/db"
)

const (
	sortAbandoned    = "abandoned"
	cartsPerPage     = 20
	maxAbandonedTime = 365 * 24 // hours
)

// AbandonedPage is a page of carts.
type AbandonedPage struct {
	Nodes    []*Cart
	PageInfo subgraph.PageInfo

	before time.Time
}

// AbandonedCursor is the position of a cart in the list of abandoned ones.
func AbandonedCursor(c *Cart) string {
	return subgraph.EncodeCursor(sortAbandoned, c.UpdatedAt.UTC(), c.ID)
}

// AbandonedCarts lists active carts with lines that were unchanged for hours, the one
// that was changed last first.
func (s *Service) AbandonedCarts(ctx context.Context, hours int, first *int, after *string) (*AbandonedPage, error) {
	if !auth.From(ctx).Has("carts:read") {
		return &AbandonedPage{Nodes: []*Cart{}}, nil // the schema refuses before
	}
	size, err := subgraph.First(first, cartsPerPage)
	if err != nil {
		return nil, err
	}
	if hours < 0 || hours > maxAbandonedTime {
		return nil, fault.Localized(fault.Invalid, "cart.abandoned_hours", message.Args{"most": maxAbandonedTime}).At("olderThanHours")
	}
	p := db.AbandonedCartsParams{Before: s.now().Add(-time.Duration(hours) * time.Hour), Size: int32(size + 1)}
	var afterAt time.Time
	given, err := subgraph.DecodeCursor(after, sortAbandoned, &afterAt, &p.AfterID)
	if err != nil {
		return nil, err
	}
	if given {
		p.AfterAt = &afterAt
	}
	rows, err := db.New(s.pool).AbandonedCarts(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("abandoned carts: %w", err)
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	found, err := s.CartsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i, c := range found { // all of them: carts are not deleted
		// Of a cart that was changed between the two reads, the position is that of the first.
		c.UpdatedAt = rows[i].UpdatedAt
	}
	page := &AbandonedPage{before: p.Before}
	page.Nodes, page.PageInfo = subgraph.Page(found, size, given, AbandonedCursor)
	return page, nil
}

// CountAbandoned is the number of carts on all pages.
func (s *Service) CountAbandoned(ctx context.Context, page *AbandonedPage) (int, error) {
	n, err := db.New(s.pool).CountAbandonedCarts(ctx, page.before)
	if err != nil {
		return 0, fmt.Errorf("count abandoned carts: %w", err)
	}
	return int(n), nil
}
