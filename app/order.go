package app

import (
	"context"
	"net/http"
	"time"

	"cartograph/internal/pg"
	"cartograph/internal/rpc"
	"cartograph/internal/rpc/v1/rpcv1connect"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/graph"
	"cartograph/subgraphs/order/graph/gen"
)

func buildOrder(_ context.Context, s *service) (http.Handler, error) {
	options, peers := s.clientOptions(), s.cfg.Peers
	orders := order.NewService(s.pool, s.newOutbox(), order.Ports{
		Carts:     rpcv1connect.NewCartsClient(s.http, peers.Cart, options...),
		Catalogue: rpcv1connect.NewCatalogueClient(s.http, peers.Product, options...),
		Inventory: rpcv1connect.NewInventoryClient(s.http, peers.Inventory, options...),
		Payments:  rpcv1connect.NewPaymentsClient(s.http, peers.Payment, options...),
		Profiles:  rpcv1connect.NewProfilesClient(s.http, peers.User, options...),
	}, s.cfg.Order, time.Now, s.log)
	s.consume(orders.Topics(), orders.Handle)
	s.addTask(orders.RunSweeper, orders.RunRescue, orders.RunPacker, orders.RunReturnExpiry, orders.RunPrune)
	// Not due_at, which follows the end of the hold: inventory heals that.
	s.healDueDates(pg.DueDates{Table: "checkouts", Column: "rescue_at", Where: "rescue_at IS NOT NULL"})
	s.watch(orders.RunWatch)

	mux := http.NewServeMux()
	schema := gen.NewExecutableSchema(gen.Config{Resolvers: &graph.Resolver{Orders: orders}})
	mux.Handle("/graphql", subgraph.Handler(schema, s.internal, s.log))
	mux.Handle(rpcv1connect.NewOrdersHandler(order.NewServer(orders), rpc.HandlerOptions(s.internal)...))
	return mux, nil
}
