package product

import (
	"context"
	"slices"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/money"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/product/db"
)

// FlashSale is a number of units of some variants at a lower price for a time.
//
// Inventory decides how many are sold at that price, and to whom. The price takes
// effect when Inventory has confirmed the quota, and ends with the time or with the last
// unit that is sold. What is held in checkouts is not sold yet: while all that remains
// is held, the price stays, and customers wait in line for what is released. If sold
// units are returned in time, the price takes effect again.
type FlashSale struct {
	ID, Title        string
	StartsAt, EndsAt time.Time
	Status           SaleStatus
	Items            []*FlashSaleItem
	ServerTime       time.Time
	sellerID         string
}

// SaleStatus is the state of a flash sale; the values are the schema's.
type SaleStatus string

// The statuses.
const (
	SaleScheduled SaleStatus = "SCHEDULED"
	SaleLive      SaleStatus = "LIVE"
	SaleSoldOut   SaleStatus = "SOLD_OUT"
	SaleEnded     SaleStatus = "ENDED"
)

// FlashSaleItem is what a sale offers of a variant.
type FlashSaleItem struct {
	VariantID      string
	SalePrice      money.Money
	Allocated      int
	Remaining      int // neither sold nor held
	MaxPerCustomer int
	Active         bool // the price is in effect
	sold           int
}

// ClaimedPercent is the share of the quota that is sold or held: 100 only if nothing
// remains.
func (i *FlashSaleItem) ClaimedPercent() int { return (i.Allocated - i.Remaining) * 100 / i.Allocated }

// IsNode and IsEntity let clients and the router fetch sales by their ids.
func (*FlashSale) IsNode()   {}
func (*FlashSale) IsEntity() {}

func flashSaleOf(row db.FlashSale) *FlashSale {
	s := &FlashSale{
		ID: row.ID, Title: row.Title, StartsAt: row.StartsAt.UTC(), EndsAt: row.EndsAt.UTC(), ServerTime: row.ReadAt.UTC(),
		Items: make([]*FlashSaleItem, len(row.Items)), sellerID: row.SellerID,
	}
	for n, i := range row.Items {
		s.Items[n] = &FlashSaleItem{
			VariantID: i.VariantID, SalePrice: money.Money{Minor: i.PriceMinor, Currency: i.Currency}, Allocated: i.Allocated,
			Remaining: max(i.Allocated-i.Held-i.Sold, 0), MaxPerCustomer: i.MaxPerCustomer, Active: i.Active, sold: i.Sold,
		}
	}
	s.Status = s.status()
	return s
}

// status is LIVE from when a price is in effect, which is after Inventory has confirmed
// the quota.
func (s *FlashSale) status() SaleStatus {
	left := func(i *FlashSaleItem) bool { return i.sold < i.Allocated }
	switch {
	case !s.ServerTime.Before(s.EndsAt):
		return SaleEnded
	case s.ServerTime.Before(s.StartsAt):
		return SaleScheduled
	case len(s.Items) > 0 && !slices.ContainsFunc(s.Items, left):
		return SaleSoldOut
	case slices.ContainsFunc(s.Items, func(i *FlashSaleItem) bool { return i.Active }):
		return SaleLive
	default:
		return SaleScheduled
	}
}

const (
	maxFlashSales = 50                  // in a list
	endedSales    = 30 * 24 * time.Hour // how long a sale that has ended is listed
)

// readerOf is who reads sales.
func readerOf(ctx context.Context) db.Reader {
	by, err := editorOf(ctx)
	if err != nil || !by.all && !auth.From(ctx).Has("catalog:write") {
		return db.Reader{}
	}
	return db.Reader{SellerID: by.sellerID, All: by.all}
}

// FlashSales are the sales that have not ended and, unless activeOnly, after them those
// that ended lately.
func (s *Service) FlashSales(ctx context.Context, activeOnly bool) ([]*FlashSale, error) {
	before := time.Duration(0)
	if !activeOnly {
		before = endedSales
	}
	rows, err := db.New(s.pool).FlashSalesSince(ctx, readerOf(ctx), before, maxFlashSales)
	sales := make([]*FlashSale, len(rows))
	for n, row := range rows {
		sales[n] = flashSaleOf(row)
	}
	return sales, wrap("read flash sales", err)
}

// FlashSalesByID are the sales with the ids, by id.
func (s *Service) FlashSalesByID(ctx context.Context, ids []string) (map[string]*FlashSale, error) {
	rows, err := db.New(s.pool).FlashSales(ctx, readerOf(ctx), storable(ids))
	byID := make(map[string]*FlashSale, len(rows))
	for _, row := range rows {
		byID[row.ID] = flashSaleOf(row)
	}
	return byID, wrap("read flash sales", err)
}

// bySale are the price and the limits of a variant that is on a flash sale.
func bySale(v *rpcv1.PricedVariant, row db.PriceVariantsRow) {
	if row.SaleID == nil {
		return
	}
	v.FlashSaleId = *row.SaleID
	v.Available = min(v.Available, max(*row.Allocated-*row.Held-*row.Sold, 0))
	v.MaxPerOrder = min(v.MaxPerOrder, *row.MaxPerCustomer)
}
