package app

import (
	"context"
	"net/http"

	"cartograph/internal/rpc"
	"cartograph/internal/rpc/v1/rpcv1connect"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/cart"
	"cartograph/subgraphs/cart/db"
	"cartograph/subgraphs/cart/graph"
	"cartograph/subgraphs/cart/graph/gen"
)

func runCart(ctx context.Context, h *host) error {
	pool, out, err := h.open(ctx, h.cfg.Cart.DatabaseURL, db.Migrations())
	if err != nil {
		return err
	}
	defer pool.Close()
	catalogue := rpcv1connect.NewCatalogueClient(h.http, h.cfg.Peers.Product, rpc.ClientOptions(h.internal, h.role)...)
	carts := cart.NewService(pool, out, cart.NewPrices(catalogue, h.redis, h.log), h.log)

	h.relay(pool, out)
	h.consume(pool, carts.Topics(), carts.Handle)
	h.also(func(ctx context.Context) error { return carts.RunWatch(ctx, h.cfg.KafkaBrokers) })

	mux := http.NewServeMux()
	schema := gen.NewExecutableSchema(gen.Config{Resolvers: &graph.Resolver{Carts: carts}})
	mux.Handle("/graphql", subgraph.Handler(schema, h.internal, h.log))
	mux.Handle(rpcv1connect.NewCartsHandler(cart.NewServer(carts), rpc.HandlerOptions(h.internal)...))
	return h.serve(ctx, pool, mux)
}
