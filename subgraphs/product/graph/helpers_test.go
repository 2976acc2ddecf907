package graph_test

import (
	"testing"

	"cartograph/internal/auth"
	"cartograph/internal/subgraph/subgraphtest"
	"cartograph/subgraphs/product/graph"
	"cartograph/subgraphs/product/graph/gen"
	"cartograph/subgraphs/product/producttest"
)

// client calls a shop's catalogue.
type client struct {
	*producttest.Shop
	*subgraphtest.Server
}

func open(t testing.TB) client {
	t.Helper()
	shop := producttest.Stocked(t)
	schema := gen.NewExecutableSchema(gen.Config{Resolvers: &graph.Resolver{Catalogue: shop.Service, Reviews: shop.Reviews, Recommend: shop.Recommend}})
	return client{shop, subgraphtest.Serve(t, schema)}
}

func anyone() auth.Actor { return auth.Actor{Kind: auth.Anonymous} }

func seller() auth.Actor {
	return auth.Actor{Kind: auth.User, ID: "usr_sam", Scopes: []string{"inventory:read", "inventory:write", "catalog:write", "pricing:write"}}
}
