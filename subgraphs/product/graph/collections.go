package graph

import (
	"context"

	"cartograph/internal/optional"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/graph/gen"
)

func collectionInput(in gen.CollectionInput) product.CollectionInput {
	c := product.CollectionInput{
		PageInput: product.PageInput{
			Slug: given(in.Slug), Name: given(in.Title), Description: given(in.Description), SEOTitle: given(in.SeoTitle),
			SEODescription: given(in.SeoDescription), CanonicalURL: given(in.CanonicalURL), EndRedirect: optional.Value(in.EndRedirect.Value()),
			Picture: imageInput(in.ImageUploadID, in.ImageAlt),
		},
		ID: in.ID.Value(), ProductIDs: givenList(in.ProductIds),
	}
	if rule := in.Rule.Value(); rule != nil {
		c.Rule = &product.RuleInput{}
		for _, group := range rule.AnyOf {
			c.Rule.AnyOf = append(c.Rule.AnyOf, product.ConditionsInput{
				Conditions: product.Conditions{
					CategoryID: group.CategoryID.Value(), BrandIDs: group.BrandIds.Value(), Tags: group.Tags.Value(), Specifications: group.Specifications.Value(),
					InStockOnly: optional.Value(group.InStockOnly.Value()), NewWithinDays: group.NewWithinDays.Value(), CreatedSince: group.CreatedSince.Value(),
				},
				MinPrice: amountOf(group.MinPrice.Value()), MaxPrice: amountOf(group.MaxPrice.Value()),
			})
		}
	}
	return c
}

func amountOf(in *gen.MoneyInput) *product.NewPrice {
	if in == nil {
		return nil
	}
	return &product.NewPrice{Amount: in.Amount, Currency: in.CurrencyCode}
}

const sortCollections = "collections"

func (r *Resolver) collectionPage(ctx context.Context, first *int, after *string) (*gen.CollectionConnection, error) {
	n, err := subgraph.First(first, 20)
	if err != nil {
		return nil, err
	}
	var title, id string
	given, err := subgraph.DecodeCursor(after, sortCollections, &title, &id)
	if err != nil {
		return nil, err
	}
	collections, err := r.Catalogue.Collections(ctx, n+1, title, id)
	if err != nil {
		return nil, err
	}
	cursor := func(c *product.Collection) string { return subgraph.EncodeCursor(sortCollections, c.OwnTitle(), c.ID) }
	rows, info := subgraph.Page(collections, n, given, cursor)
	c := &gen.CollectionConnection{Nodes: rows, PageInfo: &info, Edges: make([]*gen.CollectionEdge, len(rows))}
	for i, row := range rows {
		c.Edges[i] = &gen.CollectionEdge{Cursor: cursor(row), Node: row}
	}
	return c, nil
}

// collectionProducts is a page of the products of a collection. The cursor is of that
// collection only: positions of another mean something else.
func (r *Resolver) collectionProducts(ctx context.Context, c *product.Collection, first *int, after *string) (*gen.ProductConnection, error) {
	n, err := subgraph.First(first, 20)
	if err != nil {
		return nil, err
	}
	position, id := int64(-1)<<62, ""
	given, err := subgraph.DecodeCursor(after, c.ID, &position, &id)
	if err != nil {
		return nil, err
	}
	products, err := r.Catalogue.ProductsIn(ctx, c, n+1, position, id)
	if err != nil {
		return nil, err
	}
	cursor := func(p product.CollectionProduct) string { return subgraph.EncodeCursor(c.ID, p.Position, p.ID) }
	rows, info := subgraph.Page(products, n, given, cursor)
	page := &gen.ProductConnection{Nodes: make([]*product.Product, len(rows)), PageInfo: &info, Edges: make([]*gen.ProductEdge, len(rows))}
	for i, row := range rows {
		page.Nodes[i], page.Edges[i] = row.Product, &gen.ProductEdge{Cursor: cursor(row), Node: row.Product}
	}
	return page, nil
}
