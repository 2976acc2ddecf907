package product

import (
	"cmp"
	"context"
	"encoding/json"

	"cartograph/internal/catalogue"
	"cartograph/internal/fault"
	"cartograph/internal/locale"
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
		if out.Variants[i], err = s.priced(row, in.GetCurrency()); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Service) priced(row db.PriceVariantsRow, currency string) (*rpcv1.PricedVariant, error) {
	v := &rpcv1.PricedVariant{
		VariantId: row.ID, ProductId: row.ProductID, Sku: row.Sku, Title: row.ProductTitle, Subtitle: row.Title,
		PriceMinor: row.PriceMinor, Currency: currency, WeightGrams: row.WeightGrams, TaxClass: row.TaxClass, CategoryIds: row.CategoryIds,
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
	v.MaxPerOrder = MaxPerOrder
	bySale(v, row)
	shown := stock{sold: true, priced: true, available: int(v.GetAvailable()), restockAt: row.RestockAt}
	v.CanBuy = shown.availability(s.now()).CanBuy
	var translations catalogue.Translations
	if err := json.Unmarshal(row.Texts, &translations); err != nil {
		return nil, wrap("read translations of "+row.ProductID, err)
	}
	v.Translations = s.lineTexts(row, translations)
	return v, nil
}

// lineTexts are the texts of a line in every locale that its product is translated to.
func (s *Service) lineTexts(row db.PriceVariantsRow, translations catalogue.Translations) map[string]*rpcv1.LineTexts {
	byLocale := make(map[string]*rpcv1.LineTexts, len(translations))
	for l := range translations {
		t := reader{locales: locale.Preferred(l), own: s.cfg.Locale}.translator(translations)
		v := Variant{Title: row.Title, SelectedOptions: row.Options}
		v.translate(t.texts.Options)
		byLocale[l] = &rpcv1.LineTexts{Title: cmp.Or(t.texts.Title, row.ProductTitle), Subtitle: v.Title}
	}
	return byLocale
}
