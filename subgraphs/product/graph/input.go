package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"cartograph/internal/catalogue"
	"cartograph/internal/optional"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/graph/gen"
)

// given is what a client sent for a text: nil if it was omitted, empty for null.
func given(value graphql.Omittable[*string]) *string {
	text, sent := value.ValueOK()
	if sent && text == nil {
		return new("")
	}
	return text
}

// givenList is what a client sent for a list: nil if it was omitted, empty for null.
func givenList[T any](value graphql.Omittable[[]T]) *[]T {
	list, sent := value.ValueOK()
	if !sent {
		return nil
	}
	return &list
}

func detailsOf(in gen.ProductInput) product.Details {
	d := product.Details{
		SellerID: given(in.SellerID), Slug: given(in.Slug), Title: given(in.Title), Subtitle: given(in.Subtitle),
		DescriptionHTML: given(in.DescriptionHTML), CategoryID: given(in.CategoryID), BrandID: given(in.BrandID),
		Tags: givenList(in.Tags), Keywords: givenList(in.Keywords),
		SEOTitle: given(in.SeoTitle), SEODescription: given(in.SeoDescription), CanonicalURL: given(in.CanonicalURL),
	}
	if groups := givenList(in.Specifications); groups != nil {
		d.Specifications = &[]catalogue.SpecificationGroup{}
		for _, g := range *groups {
			*d.Specifications = append(*d.Specifications, *g)
		}
	}
	return d
}

// productPayload takes a use case's results as they are.
func productPayload(ctx context.Context, p *product.Product, err error) (*gen.ProductPayload, error) {
	userErrors, err := userErrorsOf(ctx, err)
	return &gen.ProductPayload{Product: p, UserErrors: userErrors}, err
}

func newPriceOf(price *gen.MoneyInput, compareAt graphql.Omittable[*gen.MoneyInput]) product.NewPrice {
	p := product.NewPrice{Amount: price.Amount, Currency: price.CurrencyCode}
	if regular := compareAt.Value(); regular != nil {
		p.CompareAt = &product.NewPrice{Amount: regular.Amount, Currency: regular.CurrencyCode}
	}
	return p
}

func flashSaleInput(in gen.FlashSaleInput) product.FlashSaleInput {
	sale := product.FlashSaleInput{ID: in.ID.Value(), Title: in.Title, StartsAt: in.StartsAt, EndsAt: in.EndsAt}
	for _, i := range in.Items {
		sale.Items = append(sale.Items, product.FlashSaleItemInput{
			VariantID: i.VariantID, Price: product.NewPrice{Amount: i.SalePrice.Amount, Currency: i.SalePrice.CurrencyCode},
			Allocated: i.Allocated, MaxPerCustomer: i.MaxPerCustomer,
		})
	}
	return sale
}

func variantsChangeOf(productID string, expectedVersion *int, options []*catalogue.Option, variants []*gen.VariantInput, remove []string) product.VariantsChange {
	change := product.VariantsChange{ProductID: productID, ExpectedVersion: expectedVersion, Remove: remove, Variants: make([]product.VariantInput, len(variants))}
	if options != nil {
		change.Options = &[]catalogue.Option{}
		for _, o := range options {
			*change.Options = append(*change.Options, *o)
		}
	}
	for i, in := range variants {
		v := product.VariantInput{
			ID: in.ID.Value(), SKU: in.Sku, Title: in.Title.Value(), WeightGrams: in.WeightGrams, TaxClass: in.TaxClass.Value(), Barcode: optional.Value(in.Barcode.Value()),
		}
		v.RestockAt, v.SetRestock = in.RestockAt.ValueOK()
		for _, o := range in.SelectedOptions {
			v.Options = append(v.Options, *o)
		}
		for _, p := range in.Prices.Value() {
			v.Prices = append(v.Prices, newPriceOf(p.Price, p.CompareAt))
		}
		change.Variants[i] = v
	}
	return change
}

func stockChangesOf(in []*gen.StockChangeInput) []product.StockChange {
	changes := make([]product.StockChange, len(in))
	for i, c := range in {
		changes[i] = product.StockChange{
			VariantID: c.VariantID, Delta: c.Delta, ChangeFrom: c.ChangeFromQuantity.Value(), Reason: product.StockReason(c.Reason),
		}
	}
	return changes
}
