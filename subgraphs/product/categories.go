package product

import (
	"context"
	"fmt"

	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/subgraphs/product/db"
)

const maxDepth = 10

// Category is the category with the id or else the slug, or nil. Exactly one
// of them is given.
func (s *Service) Category(ctx context.Context, id, slug *string) (*Category, error) {
	if (id == nil) == (slug == nil) {
		return nil, exactlyOne("slug")
	}
	var rows []db.Category
	var err error
	if id != nil {
		rows, err = db.New(s.pool).CategoryByID(ctx, storable([]string{*id}))
	} else {
		rows, err = db.New(s.pool).CategoryBySlug(ctx, storable([]string{*slug}))
	}
	if err != nil || len(rows) == 0 {
		return nil, wrap("read category", err)
	}
	return categoryOf(rows[0], s.reader(ctx)), nil
}

// CategoriesByID are the categories of the ids, by id.
func (s *Service) CategoriesByID(ctx context.Context, ids []string) (map[string]*Category, error) {
	if ids = storable(ids); len(ids) == 0 {
		return nil, nil
	}
	rows, err := db.New(s.pool).CategoryByID(ctx, ids)
	byID := make(map[string]*Category, len(rows))
	for _, row := range rows {
		byID[row.ID] = categoryOf(row, s.reader(ctx))
	}
	return byID, wrap("read categories", err)
}

// Categories are those of some levels below a parent, or from the top.
func (s *Service) Categories(ctx context.Context, parentID *string, depth int) ([]*Category, error) {
	if depth < 1 || depth > maxDepth {
		return nil, fault.Localized(fault.Invalid, "product.depth_limit", message.Args{"limit": maxDepth})
	}
	if parentID != nil && len(storable([]string{*parentID})) == 0 {
		return []*Category{}, nil
	}
	rows, err := db.New(s.pool).CategoriesBelow(ctx, db.CategoriesBelowParams{ParentID: parentID, Depth: int32(depth)})
	return categoriesOf(rows, s.reader(ctx)), wrap("read categories", err)
}

func categoriesOf(rows []db.Category, r reader) []*Category {
	categories := make([]*Category, len(rows))
	for i, row := range rows {
		categories[i] = categoryOf(row, r)
	}
	return categories
}

// ChildrenOf are the categories right below each of the given ones.
func (s *Service) ChildrenOf(ctx context.Context, parents []*Category) ([][]*Category, error) {
	rows, err := db.New(s.pool).ChildrenOf(ctx, idsOf(parents))
	byParent := map[string][]*Category{}
	for _, row := range rows {
		byParent[*row.ParentID] = append(byParent[*row.ParentID], categoryOf(row, s.reader(ctx)))
	}
	children := make([][]*Category, len(parents))
	for i, p := range parents {
		children[i] = append([]*Category{}, byParent[p.ID]...)
	}
	return children, wrap("read categories", err)
}

// AncestorsOf are all categories above each of the given ones, from the top.
func (s *Service) AncestorsOf(ctx context.Context, categories []*Category) ([][]*Category, error) {
	var ids []string
	for _, c := range categories {
		ids = append(ids, c.AncestorIDs...)
	}
	byID, err := s.CategoriesByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	ancestors := make([][]*Category, len(categories))
	for i, c := range categories {
		ancestors[i] = make([]*Category, 0, len(c.AncestorIDs))
		for _, id := range c.AncestorIDs {
			ancestors[i] = append(ancestors[i], byID[id])
		}
	}
	return ancestors, nil
}

// CountProducts is how many published products are in each of the categories
// and below it.
func (s *Service) CountProducts(ctx context.Context, categories []*Category) ([]int, error) {
	rows, err := db.New(s.pool).CountProducts(ctx, idsOf(categories))
	byID := map[string]int{}
	for _, row := range rows {
		byID[row.CategoryID] = int(row.Products)
	}
	counts := make([]int, len(categories))
	for i, c := range categories {
		counts[i] = byID[c.ID]
	}
	return counts, wrap("count products", err)
}

func idsOf(categories []*Category) []string {
	ids := make([]string, len(categories))
	for i, c := range categories {
		ids[i] = c.ID
	}
	return ids
}

// BrandsByID are the brands of the ids, by id.
func (s *Service) BrandsByID(ctx context.Context, ids []string) (map[string]*Brand, error) {
	rows, err := db.New(s.pool).BrandsByID(ctx, storable(ids))
	byID := make(map[string]*Brand, len(rows))
	for _, row := range rows {
		byID[row.ID] = brandOf(row, s.reader(ctx))
	}
	return byID, wrap("read brands", err)
}

// Brands are up to limit brands by name, after a name and an id.
func (s *Service) Brands(ctx context.Context, limit int, afterName, afterID string) ([]*Brand, error) {
	if len(storable([]string{afterName, afterID})) < 2 {
		return nil, fault.Localized(fault.Invalid, "common.foreign_cursor").At("after")
	}
	rows, err := db.New(s.pool).Brands(ctx, db.BrandsParams{AfterName: afterName, AfterID: afterID, Limit: int32(limit)})
	return brandsOf(rows, s.reader(ctx)), wrap("read brands", err)
}

func brandsOf(rows []db.Brand, r reader) []*Brand {
	brands := make([]*Brand, len(rows))
	for i, row := range rows {
		brands[i] = brandOf(row, r)
	}
	return brands
}

// CountBrands is how many brands there are.
func (s *Service) CountBrands(ctx context.Context) (int, error) {
	n, err := db.New(s.pool).CountBrands(ctx)
	return int(n), wrap("count brands", err)
}

// wrap adds the failed step to err; nil stays nil.
func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}
