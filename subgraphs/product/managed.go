package product

import (
	"context"

	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/optional"
	"cartograph/subgraphs/product/db"
)

// Managed are up to limit products that the caller may change, the latest created
// first, after an id; only those with the status, if it is not nil.
func (s *Service) Managed(ctx context.Context, status *Status, limit int, after string) ([]*Product, error) {
	by, err := editorOf(ctx)
	if err != nil {
		return nil, err
	}
	if len(storable([]string{after})) == 0 {
		return nil, fault.Localized(fault.Invalid, "common.foreign_cursor").At("after")
	}
	ids, err := db.New(s.pool).ProductsOfSeller(ctx, db.ProductsOfSellerParams{
		OfAllSellers: by.all, SellerID: by.sellerID, Status: optional.Of(string(optional.Value(status))), After: after, Limit: int32(limit),
	})
	if err != nil {
		return nil, wrap("read products of the seller", err)
	}
	byID, err := s.ProductsByID(ctx, ids)
	products := make([]*Product, 0, len(ids))
	for _, id := range ids {
		if p := byID[id]; p != nil {
			products = append(products, p)
		}
	}
	return products, err
}

// maxThreshold bounds what is called low stock.
const maxThreshold = 1_000

// LowStock are up to limit variants that the caller may change and of which at most
// threshold are available, the fewest first, after a quantity and an id.
func (s *Service) LowStock(ctx context.Context, threshold, limit, afterAvailable int, afterID string) ([]*Variant, error) {
	by, err := editorOf(ctx)
	if err != nil {
		return nil, err
	}
	if threshold < 0 || threshold > maxThreshold {
		return nil, fault.Localized(fault.Invalid, "product.threshold_limit", message.Args{"limit": maxThreshold}).At("threshold")
	}
	if len(storable([]string{afterID})) == 0 {
		return nil, fault.Localized(fault.Invalid, "common.foreign_cursor").At("after")
	}
	rows, err := db.New(s.pool).LowStock(ctx, db.LowStockParams{
		Threshold: int32(threshold), OfAllSellers: by.all, SellerID: by.sellerID, AfterAvailable: int32(afterAvailable), AfterID: afterID, Limit: int32(limit),
	})
	if err != nil {
		return nil, wrap("read low stock", err)
	}
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	byID, err := s.VariantsByID(ctx, ids)
	variants := make([]*Variant, 0, len(ids))
	for i, id := range ids {
		if v := byID[id]; v != nil {
			v.available = int(rows[i].Available) // what the page is sorted by
			variants = append(variants, v)
		}
	}
	return variants, err
}

// Available is the quantity by which LowStock sorts.
func (v *Variant) Available() int { return v.available }
