package product

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"cartograph/internal/catalogue"
	"cartograph/internal/fault"
	"cartograph/internal/money"
	"cartograph/internal/optional"
	"cartograph/subgraphs/product/db"
)

// Collection is a set of products that the shop shows together: those that staff chose,
// in their order, or all that meet a rule, the featured ones first.
type Collection struct {
	ID, Slug, Title string
	Description     *string
	Image           *Image
	Rule            *CollectionRule // nil: staff choose the products
	SEO             SEO
	Translation     Translation
	ownTitle        string // before translation, by which collections are ordered
}

// IsNode and IsEntity let clients and the router fetch collections by their ids.
func (*Collection) IsNode()   {}
func (*Collection) IsEntity() {}

// OwnTitle is the title in the catalogue's own language, by which pages are ordered.
func (c *Collection) OwnTitle() string { return c.ownTitle }

// CollectionRule is met by a product that meets all conditions of one group. The
// database evaluates it (meets_rule): for all products when it is set, and for a product
// soon after each change of it, by a worker (RunCollections).
type CollectionRule struct {
	AnyOf []*Conditions `json:"anyOf"`
}

// Conditions are those of a rule. Nil and empty ones are met by every product; of a
// list, one value must match.
type Conditions struct {
	CategoryID     *string                `json:"categoryId,omitempty"` // or one below it
	BrandIDs       []string               `json:"brandIds,omitempty"`
	Tags           []string               `json:"tags,omitempty"`
	Specifications []*SpecificationFilter `json:"specifications,omitempty"` // all of them
	Price          *PriceCondition        `json:"price,omitempty"`          // of the product's cheapest variant
	InStockOnly    bool                   `json:"inStockOnly,omitempty"`
	NewWithinDays  *int                   `json:"newWithinDays,omitempty"`
	CreatedSince   *time.Time             `json:"createdSince,omitempty"`
}

// PriceCondition is a range in one currency; both bounds are included.
type PriceCondition struct {
	Currency string `json:"currency"`
	Min      *int64 `json:"min,omitempty"` // minor units
	Max      *int64 `json:"max,omitempty"`
}

// MinPrice is the lowest price that meets the conditions; nil: any.
func (c *Conditions) MinPrice() *money.Money { return c.Price.bound(true) }

// MaxPrice is the highest price that meets the conditions; nil: any.
func (c *Conditions) MaxPrice() *money.Money { return c.Price.bound(false) }

func (p *PriceCondition) bound(least bool) *money.Money {
	switch {
	case p != nil && least && p.Min != nil:
		return &money.Money{Minor: *p.Min, Currency: p.Currency}
	case p != nil && !least && p.Max != nil:
		return &money.Money{Minor: *p.Max, Currency: p.Currency}
	default:
		return nil
	}
}

func collectionOf(row db.Collection, r reader) (*Collection, error) {
	c := &Collection{
		ID: row.ID, Slug: row.Slug, Title: row.Title, ownTitle: row.Title, Description: optional.Of(row.Description), Image: imageOf(row.Image, 0),
		SEO: SEO{row.SEOTitle, row.SEODescription, row.CanonicalURL},
	}
	if row.Rule != nil {
		if err := json.Unmarshal(row.Rule, &c.Rule); err != nil {
			return nil, fmt.Errorf("read rule of collection %s: %w", row.ID, err)
		}
	}
	c.translate(r.translator(row.Translations))
	return c, nil
}

func (c *Collection) translate(t *translator) {
	c.Title = t.text(c.Title, t.texts.Title)
	c.Description = optional.Of(t.text(optional.Value(c.Description), t.texts.Description))
	c.SEO.Title, c.SEO.Description = cmp.Or(t.texts.SEOTitle, c.SEO.Title), cmp.Or(t.texts.SEODescription, c.SEO.Description)
	c.Translation = t.translation
}

// Collection is the one with the id or else the slug, which may be an earlier one, or
// nil. Exactly one of them is given.
func (s *Service) Collection(ctx context.Context, collectionID, slug *string) (*Collection, error) {
	var rows []db.Collection
	var err error
	switch {
	case (collectionID == nil) == (slug == nil):
		return nil, exactlyOne("slug")
	case collectionID != nil:
		rows, err = db.New(s.pool).CollectionsByID(ctx, storable([]string{*collectionID}))
	default:
		rows, err = db.New(s.pool).CollectionBySlug(ctx, storable([]string{*slug}))
	}
	if err != nil || len(rows) == 0 {
		return nil, wrap("read collection", err)
	}
	return collectionOf(rows[0], s.reader(ctx))
}

// CollectionsByID are the collections of the ids, by id.
func (s *Service) CollectionsByID(ctx context.Context, ids []string) (map[string]*Collection, error) {
	rows, err := db.New(s.pool).CollectionsByID(ctx, storable(ids))
	if err != nil {
		return nil, wrap("read collections", err)
	}
	byID := make(map[string]*Collection, len(rows))
	for _, row := range rows {
		if byID[row.ID], err = collectionOf(row, s.reader(ctx)); err != nil {
			return nil, err
		}
	}
	return byID, nil
}

// Collections are up to limit collections in the order of their own titles, after a title
// and an id.
func (s *Service) Collections(ctx context.Context, limit int, afterTitle, afterID string) ([]*Collection, error) {
	if len(storable([]string{afterTitle, afterID})) < 2 {
		return nil, fault.Localized(fault.Invalid, "common.foreign_cursor").At("after")
	}
	rows, err := db.New(s.pool).Collections(ctx, db.CollectionsParams{AfterTitle: afterTitle, AfterID: afterID, Limit: int32(limit)})
	if err != nil {
		return nil, wrap("read collections", err)
	}
	collections := make([]*Collection, len(rows))
	for i, row := range rows {
		if collections[i], err = collectionOf(row, s.reader(ctx)); err != nil {
			return nil, err
		}
	}
	return collections, nil
}

// CountCollections is how many collections there are.
func (s *Service) CountCollections(ctx context.Context) (int, error) {
	n, err := db.New(s.pool).CountCollections(ctx)
	return int(n.Total), wrap("count collections", err)
}

// CollectionsOf are the collections that each of the products is in, by title.
func (s *Service) CollectionsOf(ctx context.Context, products []*Product) ([][]*Collection, error) {
	ids := make([]string, len(products))
	for i, p := range products {
		ids[i] = p.ID
	}
	rows, err := db.New(s.pool).CollectionsOfProducts(ctx, ids)
	if err != nil {
		return nil, wrap("read collections of products", err)
	}
	byProduct := map[string][]*Collection{}
	for _, row := range rows {
		c, err := collectionOf(row.Collection, s.reader(ctx))
		if err != nil {
			return nil, err
		}
		byProduct[row.ProductID] = append(byProduct[row.ProductID], c)
	}
	all := make([][]*Collection, len(products))
	for i, p := range products {
		all[i] = append([]*Collection{}, byProduct[p.ID]...)
	}
	return all, nil
}

// CollectionProduct is a product of a collection, with its place.
type CollectionProduct struct {
	*Product
	Position int64
}

// ProductsIn are up to limit published products of a collection after a place in it: one
// statement for their order and one for the products.
func (s *Service) ProductsIn(ctx context.Context, c *Collection, limit int, afterPosition int64, afterID string) ([]CollectionProduct, error) {
	if len(storable([]string{afterID})) == 0 {
		return nil, fault.Localized(fault.Invalid, "common.foreign_cursor").At("after")
	}
	rows, err := db.New(s.pool).ProductsOfCollection(ctx, db.ProductsOfCollectionParams{
		CollectionID: c.ID, AfterPosition: afterPosition, AfterID: afterID, Limit: int32(limit),
	})
	if err != nil {
		return nil, wrap("read collection "+c.ID, err)
	}
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = row.ProductID
	}
	byID, err := s.ProductsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	products := make([]CollectionProduct, 0, len(rows))
	for _, row := range rows {
		if p := byID[row.ProductID]; p != nil { // deleted between the statements
			products = append(products, CollectionProduct{p, row.Position})
		}
	}
	return products, nil
}

// CountProductsIn is how many published products are in each of the collections.
func (s *Service) CountProductsIn(ctx context.Context, collections []*Collection) ([]int, error) {
	ids := make([]string, len(collections))
	for i, c := range collections {
		ids[i] = c.ID
	}
	rows, err := db.New(s.pool).CountProductsOfCollections(ctx, ids)
	byID := map[string]int{}
	for _, row := range rows {
		byID[row.CollectionID] = int(row.Products)
	}
	counts := make([]int, len(collections))
	for i, c := range collections {
		counts[i] = byID[c.ID]
	}
	return counts, wrap("count products of collections", err)
}

// CollectionDraft is a collection to import, with the products or the rule.
type CollectionDraft struct {
	ID, Slug, Title, Description string
	Image                        catalogue.Image
	ProductIDs                   []string
	Rule                         *CollectionRule
	Translations                 catalogue.Translations
}
