package main

import (
	"context"
	"sync"
)

// A scenario is one kind of load.
type scenario struct {
	name string
	flow flow
}

func scenarios(s *shop) []scenario {
	return []scenario{
		{"list", s.list}, {"detail", s.detail}, {"search", s.search}, {"add", s.addAsGuest}, {"checkout", s.buy},
	}
}

const card = `id slug title priceRange { min { formatted } } availability { status } featuredImage { url(width: 320) alt }`

// list is a page of products.
func (s *shop) list(ctx context.Context) error {
	var data any
	return s.query(ctx, "", `{ search(first: 20, sort: FEATURED) { nodes { `+card+` } pageInfo { endCursor hasNextPage } } }`, nil, &data)
}

// detail is one product's page.
func (s *shop) detail(ctx context.Context) error {
	var data any
	return s.query(ctx, "", `query($slug: String!) { product(slug: $slug) { id title description breadcrumbs { name slug } brand { name }
		media(first: 6) { id alt ... on Image { url(width: 960) } } specifications { name items { name value unit } }
		variants(first: 20) { nodes { id sku selectedOptions { name value } price { formatted } availability { status canBuy quantity } } } } }`,
		map[string]any{"slug": pick(s.slugs)}, &data)
}

// search is a full-text search with facets.
func (s *shop) search(ctx context.Context) error {
	var data any
	return s.query(ctx, "", `query($q: String!) { search(query: $q, first: 20) { totalCount facets { key values { value count } } nodes { `+card+` } } }`,
		map[string]any{"q": pick(words)}, &data)
}

// addAsGuest is a new guest who adds a line to a cart.
func (s *shop) addAsGuest(ctx context.Context) error {
	token, err := s.guest(ctx)
	if err != nil {
		return err
	}
	_, err = s.add(ctx, token, pick(s.variants))
	return err
}

// result is a part of the mixed run.
type result struct {
	name    string
	samples samples
}

// mixed places orders at a rate while others browse.
func mixed(ctx context.Context, s *shop, o options) []result {
	const browsers = 2
	results := []result{{name: "mixed: purchase"}, {name: "mixed: product page"}, {name: "mixed: search"}}
	var wg sync.WaitGroup
	wg.Go(func() { results[0].samples = openLoop(ctx, o.rate, o.duration, s.buy) })
	wg.Go(func() { results[1].samples = openLoop(ctx, o.rate*browsers, o.duration, s.detail) })
	wg.Go(func() { results[2].samples = openLoop(ctx, o.rate*browsers, o.duration, s.search) })
	wg.Wait()
	return results
}
