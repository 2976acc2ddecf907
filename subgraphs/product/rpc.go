package product

import (
	"context"

	"cartograph/internal/fault"
	"cartograph/internal/money"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/internal/rpc/v1/rpcv1connect"
	"cartograph/subgraphs/product/db"
)

// maxPriced is how many variants can be priced at once.
const maxPriced = 500

// Catalogue implements the RPC API for other services.
type Catalogue struct {
	Service *Service
}

var _ rpcv1connect.CatalogueHandler = Catalogue{}

// PriceVariants returns the current prices of variants, without those that do
// not exist, are not sold or have no price in the currency.
func (c Catalogue) PriceVariants(ctx context.Context, in *rpcv1.PriceVariantsRequest) (*rpcv1.PriceVariantsResponse, error) {
	switch {
	case !money.Known(in.GetCurrency()):
		return nil, fault.New(fault.Invalid, "Unknown currency %q.", in.GetCurrency())
	case len(in.GetVariantIds()) > maxPriced:
		return nil, fault.New(fault.Invalid, "%d variants can be priced at once.", maxPriced)
	}
	s := c.Service
	rows, err := db.New(s.pool).PriceVariants(ctx, db.PriceVariantsParams{Currency: in.GetCurrency(), IDs: storable(in.GetVariantIds())})
	if err != nil {
		return nil, wrap("price variants", err)
	}
	out := &rpcv1.PriceVariantsResponse{Variants: make([]*rpcv1.PricedVariant, len(rows))}
	for i, row := range rows {
		out.Variants[i] = s.priced(row, in.GetCurrency())
	}
	return out, nil
}

func (s *Service) priced(row db.PriceVariantsRow, currency string) *rpcv1.PricedVariant {
	v := &rpcv1.PricedVariant{
		VariantId: row.ID, ProductId: row.ProductID, Sku: row.Sku, Title: row.ProductTitle, Subtitle: row.Title,
		PriceMinor: row.PriceMinor, Currency: currency, WeightGrams: row.WeightGrams,
	}
	image := imageOf(row.Image, 0)
	if image == nil && len(row.Images) > 0 {
		image = imageOf(&row.Images[0], 0)
	}
	if image != nil {
		v.ImageUrl = s.lineImageURL(image)
	}
	if row.CompareAtMinor != nil {
		v.CompareAtMinor = *row.CompareAtMinor
	}
	if row.Available != nil {
		v.Available = *row.Available
	}
	shown := stock{sold: true, priced: true, available: int(v.GetAvailable()), restockAt: row.RestockAt}
	a := shown.availability(s.now())
	v.CanBuy, v.MaxPerOrder = a.CanBuy, int32(a.MaxPerOrder)
	return v
}
