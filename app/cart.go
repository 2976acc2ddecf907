package app

import (
	"context"
	"net/http"

	"cartograph/internal/demo"
	"cartograph/internal/rpc"
	"cartograph/internal/rpc/v1/rpcv1connect"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/cart"
	"cartograph/subgraphs/cart/graph"
	"cartograph/subgraphs/cart/graph/gen"
)

func buildCart(ctx context.Context, s *service) (http.Handler, error) {
	catalogue := rpcv1connect.NewCatalogueClient(s.http, s.cfg.Peers.Product, s.clientOptions()...)
	carts := cart.NewService(s.pool, s.newOutbox(), cart.NewPrices(catalogue, s.redis, s.log), s.cfg.Cart, s.cfg.Product.Currencies, s.cfg.Product.ShopURL, s.log)
	err := s.fillDemo(func() error { return carts.ImportPromotions(ctx, demo.Promotions()) })
	if err != nil {
		return nil, err
	}
	s.consume(carts.Topics(), carts.Handle)
	s.addTask(carts.RunAbandon)
	s.watch(carts.RunWatch)

	mux := http.NewServeMux()
	schema := gen.NewExecutableSchema(gen.Config{Resolvers: &graph.Resolver{Carts: carts}})
	mux.Handle("/graphql", subgraph.Handler(schema, s.internal, s.log))
	mux.Handle(rpcv1connect.NewCartsHandler(cart.NewServer(carts), rpc.HandlerOptions(s.internal)...))
	return mux, nil
}
