package product

import (
	"context"
	"errors"
	"reflect"
	"strings"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/catalogue"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/optional"
	"cartograph/internal/outbox"
	"cartograph/subgraphs/product/db"
)

// Create adds a product as a draft of the caller, or of the seller that staff of the
// shop name. It has no variants yet.
func (s *Service) Create(ctx context.Context, d Details) (*Product, error) {
	by, err := editorOf(ctx)
	if err != nil {
		return nil, err
	}
	if d, err = d.checked(true); err != nil {
		return nil, err
	}
	row := db.Product{
		ID: id.New(id.Product), SellerID: by.sellerID, Tags: []string{}, Keywords: []string{}, Specifications: []catalogue.SpecificationGroup{},
	}
	if d.Slug == nil { // nothing of the title can be written in Latin letters
		d.Slug = new(slugOf(row.ID))
	}
	if err := d.apply(&row, by); err != nil {
		return nil, err
	}
	err = s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		if err := lockReferences(ctx, tx, d); err != nil {
			return err
		}
		created := edit{productID: row.ID, action: audit.ProductCreated, after: audit.Values{"title": row.Title, "slug": row.Slug, "sellerId": row.SellerID}}
		entries, err := s.entriesOf(ctx, []edit{created})
		if err != nil {
			return err
		}
		if err := outbox.Write(ctx, tx, entries...); err != nil {
			return err
		}
		return db.New(tx).InsertProduct(ctx, db.InsertProductParams{
			ID: row.ID, Slug: row.Slug, Title: row.Title, Subtitle: row.Subtitle, Description: row.Description, DescriptionHTML: row.DescriptionHTML,
			BrandID: row.BrandID, CategoryID: row.CategoryID, SellerID: row.SellerID, Tags: row.Tags, Keywords: row.Keywords,
			Specifications: row.Specifications, SEOTitle: row.SEOTitle, SEODescription: row.SEODescription, CanonicalURL: row.CanonicalURL,
		})
	})
	return s.written(ctx, row.ID, "create product", slugError(err, "products", optional.Value(d.Slug)))
}

// Update changes details of a product, if it has the expected version; nil expects
// none. Details that are already so change nothing.
func (s *Service) Update(ctx context.Context, productID string, expectedVersion *int, d Details) (*Product, error) {
	by, err := editorOf(ctx)
	if err != nil {
		return nil, err
	}
	if d, err = d.checked(false); err != nil {
		return nil, err
	}
	err = s.changeOne(ctx, productID, expectedVersion, func(tx pgx.Tx) error { return lockReferences(ctx, tx, d) }, func(tx pgx.Tx, p db.Product) (*edit, error) {
		row := p
		if err := d.apply(&row, by); err != nil || reflect.DeepEqual(row, p) {
			return nil, err
		}
		before, after := differences(p, row)
		return &edit{action: audit.ProductUpdated, before: before, after: after}, db.New(tx).UpdateProduct(ctx, db.UpdateProductParams{
			ID: row.ID, Slug: row.Slug, Title: row.Title, Subtitle: row.Subtitle, Description: row.Description, DescriptionHTML: row.DescriptionHTML,
			BrandID: row.BrandID, CategoryID: row.CategoryID, SellerID: row.SellerID, Tags: row.Tags, Keywords: row.Keywords,
			Specifications: row.Specifications, SEOTitle: row.SEOTitle, SEODescription: row.SEODescription, CanonicalURL: row.CanonicalURL,
		})
	})
	return s.written(ctx, productID, "update product "+productID, slugError(err, "products", optional.Value(d.Slug)))
}

// longestRecorded bounds what the audit log has of a text, in bytes.
const longestRecorded = 1_000

// differences are the values that an update changes, before and after it.
func differences(before, after db.Product) (was, is audit.Values) {
	was, is = audit.Values{}, audit.Values{}
	a, b := reflect.ValueOf(before), reflect.ValueOf(after)
	for i := range a.NumField() {
		if x, y := a.Field(i).Interface(), b.Field(i).Interface(); !reflect.DeepEqual(x, y) {
			name := a.Type().Field(i).Tag.Get("json")
			was[name], is[name] = recorded(x), recorded(y)
		}
	}
	return was, is
}

func recorded(value any) any {
	if text, ok := value.(string); ok && len(text) > longestRecorded {
		return strings.ToValidUTF8(text[:longestRecorded], "") + "…"
	}
	return value
}

// written is the product after a change, as the caller sees it.
func (s *Service) written(ctx context.Context, productID, doing string, err error) (*Product, error) {
	if err != nil {
		return nil, wrap(doing, err)
	}
	products, err := s.ProductsByID(ctx, []string{productID})
	return products[productID], err
}

// apply sets the details of a row.
func (d *Details) apply(row *db.Product, by editor) error {
	if d.SellerID != nil && *d.SellerID != row.SellerID {
		if !by.all {
			return fault.Localized(fault.Invalid, "product.seller_is_fixed").At("input", "sellerId")
		}
		if *d.SellerID != "" && id.PrefixOf(*d.SellerID) != id.User {
			return fault.Localized(fault.NotFound, "product.unknown_seller").At("input", "sellerId")
		}
		row.SellerID = *d.SellerID
	}
	for _, set := range []struct{ from, to *string }{
		{d.Slug, &row.Slug},
		{d.Title, &row.Title},
		{d.Subtitle, &row.Subtitle},
		{d.CategoryID, &row.CategoryID},
		{d.SEOTitle, &row.SEOTitle},
		{d.SEODescription, &row.SEODescription},
		{d.CanonicalURL, &row.CanonicalURL},
	} {
		if set.from != nil {
			*set.to = *set.from
		}
	}
	if d.DescriptionHTML != nil {
		row.DescriptionHTML, row.Description = *d.DescriptionHTML, textOf(*d.DescriptionHTML)
	}
	if d.BrandID != nil {
		row.BrandID = optional.Of(*d.BrandID)
	}
	if d.Tags != nil {
		row.Tags = *d.Tags
	}
	if d.Keywords != nil {
		row.Keywords = *d.Keywords
	}
	if d.Specifications != nil {
		row.Specifications = *d.Specifications
	}
	return nil
}

// lockReferences locks the category and the brand that a product is to refer to.
func lockReferences(ctx context.Context, tx pgx.Tx, d Details) error {
	if d.CategoryID != nil {
		err := lockReference(ctx, *d.CategoryID, db.New(tx).LockCategory)
		if errors.Is(err, pgx.ErrNoRows) {
			return fault.Localized(fault.NotFound, "product.unknown_category").At("input", "categoryId")
		}
		if err != nil {
			return err
		}
	}
	if d.BrandID != nil && *d.BrandID != "" {
		err := lockReference(ctx, *d.BrandID, db.New(tx).LockBrand)
		if errors.Is(err, pgx.ErrNoRows) {
			return fault.Localized(fault.NotFound, "product.unknown_brand").At("input", "brandId")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func lockReference(ctx context.Context, id string, lock func(context.Context, string) (string, error)) error {
	if len(storable([]string{id})) == 0 {
		return pgx.ErrNoRows
	}
	_, err := lock(ctx, id)
	return err
}
