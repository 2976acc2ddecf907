package app

import (
	"slices"
	"time"

	"cartograph/router"
	"cartograph/router/plan"
	"cartograph/router/ratelimit"
	"cartograph/router/serve"
	"cartograph/router/transport"
	"cartograph/schema"
)

// setPolicies protects our own graph: the router has no defaults for names of
// fields. Settings that are configured are read over these.
func setPolicies(s *serve.Settings) {
	cost := router.DefaultCostLimits()
	s.Cost.Anonymous, s.Cost.SignedIn = cost.Anonymous, cost.SignedIn
	s.Rate.Enabled = true
	s.Rate.Fields = map[string]serve.FieldRate{}
	for name, policy := range schema.Policies {
		if policy.Kind != "" && !policy.Batchable() {
			s.Batch.Exclude = append(s.Batch.Exclude, name)
		}
		if policy.PerActor != (schema.Bucket{}) {
			s.Rate.Fields[name] = serve.FieldRate{
				Rate: ratelimit.Rate(policy.PerActor), PerAddress: ratelimit.Rate(policy.PerAddress),
			}
		}
	}
	slices.Sort(s.Batch.Exclude)
	s.Priorities = map[string]transport.Priority{}
	for name, stage := range schema.Stages {
		s.Priorities[name] = priorities[stage]
	}
}

// priorities of the stages of a purchase.
var priorities = map[schema.Stage]transport.Priority{
	schema.Begun: transport.Highest, schema.Cart: transport.High, schema.Page: transport.Normal,
	schema.Search: transport.Low, schema.Guest: transport.Lowest,
}

// publicCachePolicy is how long shared caches may keep answers to anonymous
// callers: the catalogue, for as long as a page is read. A field that depends
// on the caller makes the whole answer private.
func publicCachePolicy() map[string]plan.CacheHint {
	const age = 30 * time.Second
	hints := map[string]plan.CacheHint{"ProductVariant.quantityInMyCart": {}, "Product.myLastOrder": {}}
	for _, field := range []string{
		"product", "products", "productVariant", "category", "categories", "brands", "collection", "collections", "search", "searchSuggest",
	} {
		hints["Query."+field] = plan.CacheHint{MaxAge: age, Public: true}
	}
	return hints
}
