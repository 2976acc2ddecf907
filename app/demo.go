package app

import (
	"context"
	"strings"
	"time"

	"cartograph/consumers/inventory"
	"cartograph/internal/catalogue"
	"cartograph/internal/demo"
	"cartograph/internal/event"
	"cartograph/internal/id"
	"cartograph/internal/optional"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/user"
)

// The demo shop's data, converted to the types of the services that own it.

func demoUsers() []user.Draft {
	var drafts []user.Draft
	for _, p := range demo.Accounts() {
		d := user.Draft{ID: p.ID, Email: p.Email, Password: p.Password, DisplayName: p.DisplayName, Phone: p.Phone, Locale: p.Locale}
		for _, role := range p.Roles {
			d.Roles = append(d.Roles, user.Role(role))
		}
		for _, a := range p.Addresses {
			d.Addresses = append(d.Addresses, user.AddressDraft{
				ID: a.ID, Postal: postal(a), Default: user.Purpose{Shipping: a.DefaultShipping, Billing: a.DefaultBilling},
			})
		}
		drafts = append(drafts, d)
	}
	return drafts
}

func demoAPIClient() user.ImportedAPIClient {
	p := demo.Partner()
	return user.ImportedAPIClient{ID: p.ID, Name: p.Name, Key: p.Key, Scopes: p.Scopes, RateLimitPerMinute: p.PerMinute}
}

func postal(a demo.Address) user.Postal {
	return user.Postal{
		Name: a.Name, Company: optional.Of(a.Company), Line1: a.Line1, Line2: optional.Of(a.Line2), City: a.City,
		Region: optional.Of(a.Region), PostalCode: a.PostalCode, CountryCode: a.CountryCode, Phone: optional.Of(a.Phone),
	}
}

func demoAssortment(now time.Time) product.Assortment {
	shop := demo.Open(now)
	var a product.Assortment
	for _, c := range shop.Categories {
		a.Categories = append(a.Categories, product.CategoryDraft{
			ID: c.ID, ParentID: c.ParentID, Slug: c.Slug, Name: c.Name, Description: c.Description,
			Image: emblem(c.ID, c.Picture, c.Name), Position: c.Position, Translations: c.Translations,
		})
	}
	for _, b := range shop.Brands {
		a.Brands = append(a.Brands, product.BrandDraft{ID: b.ID, Slug: b.Slug, Name: b.Name, Description: b.Line, Logo: emblem(b.ID, b.Logo, b.Name), Translations: b.Translations})
	}
	for _, p := range shop.Products {
		a.Products = append(a.Products, productDraft(p))
	}
	for _, c := range demo.Collections() {
		d := product.CollectionDraft{
			ID: c.ID, Slug: c.Slug, Title: c.Title, Description: c.Description, ProductIDs: c.ProductIDs, Translations: c.Translations,
		}
		if c.Tag != "" {
			d.Rule = &product.CollectionRule{AnyOf: []*product.Conditions{{Tags: []string{c.Tag}, Price: &product.PriceCondition{Currency: "USD", Max: &c.MaxPriceMinor}}}}
		}
		a.Collections = append(a.Collections, d)
	}
	return a
}

func productDraft(p demo.Product) product.Draft {
	d := product.Draft{
		ID: p.ID, Slug: p.Slug, Title: p.Title, Subtitle: p.Subtitle, Description: p.Description, DescriptionHTML: p.DescriptionHTML,
		Status: product.Status(p.Status), BrandID: p.BrandID, CategoryID: p.CategoryID, SellerID: p.SellerID,
		Tags: p.Tags, Keywords: p.Keywords, Specifications: p.Specifications, Options: p.Options, Translations: p.Translations, Images: p.Pictures,
		FeaturedRank: p.FeaturedRank, CreatedAt: p.CreatedAt,
	}
	for _, v := range p.Variants {
		d.Variants = append(d.Variants, variantDraft(v))
	}
	return d
}

func variantDraft(v demo.Variant) product.VariantDraft {
	return product.VariantDraft{
		ID: v.ID, SKU: v.SKU, Title: v.Title, Options: v.Options, Prices: v.Prices, CompareAt: v.CompareAt,
		WeightGrams: v.WeightGrams, Barcode: v.Barcode, RestockAt: v.RestockAt, Image: v.Picture,
	}
}

// emblem is the one picture of a category or a brand; its id is theirs under
// another prefix.
func emblem(ownerID, name, alt string) catalogue.Image {
	const side = 800
	_, ulid, _ := strings.Cut(ownerID, "_")
	return catalogue.Image{ID: string(id.Image) + "_" + ulid, Name: name, Alt: alt, Width: side, Height: side}
}

// receiveDemoStock books the demo delivery, once.
func receiveDemoStock(ctx context.Context, worker *inventory.Worker) error {
	return worker.Receive(ctx, "demo", stockOf(demo.Products(time.Now())))
}

// stockOf is the delivery of all the products' stock.
func stockOf(products []demo.Product) []event.Line {
	var delivery []event.Line
	for _, p := range products {
		for _, v := range p.Variants {
			if v.Stock > 0 {
				delivery = append(delivery, event.Line{VariantID: v.ID, Quantity: v.Stock})
			}
		}
	}
	return delivery
}
