package app

import (
	"context"
	"net/http"
	"time"

	"cartograph/internal/rpc"
	"cartograph/internal/rpc/v1/rpcv1connect"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/db"
	"cartograph/subgraphs/order/graph"
	"cartograph/subgraphs/order/graph/gen"
)

func runOrder(ctx context.Context, h *host) error {
	pool, out, err := h.open(ctx, h.cfg.Order.DatabaseURL, db.Migrations())
	if err != nil {
		return err
	}
	defer pool.Close()
	options, peers := rpc.ClientOptions(h.internal, h.role), h.cfg.Peers
	orders := order.NewService(pool, out, order.Ports{
		Carts:     rpcv1connect.NewCartsClient(h.http, peers.Cart, options...),
		Catalogue: rpcv1connect.NewCatalogueClient(h.http, peers.Product, options...),
		Inventory: rpcv1connect.NewInventoryClient(h.http, peers.Inventory, options...),
		Payments:  rpcv1connect.NewPaymentsClient(h.http, peers.Payment, options...),
		Profiles:  rpcv1connect.NewProfilesClient(h.http, peers.User, options...),
	}, h.cfg.Order, time.Now, h.log)

	h.relay(pool, out)
	h.consume(pool, orders.Topics(), orders.Handle)
	h.also(orders.RunSweeper, orders.RunNudge, orders.RunPrune,
		func(ctx context.Context) error { return orders.RunWatch(ctx, h.cfg.KafkaBrokers) })

	mux := http.NewServeMux()
	schema := gen.NewExecutableSchema(gen.Config{Resolvers: &graph.Resolver{Orders: orders}})
	mux.Handle("/graphql", subgraph.Handler(schema, h.internal, h.log))
	return h.serve(ctx, pool, mux)
}
