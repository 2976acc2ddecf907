package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"cartograph/internal/catalogue"
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
