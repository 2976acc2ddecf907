package app

import (
	"context"
	"net/http"
	"time"

	"cartograph/internal/demo"
	"cartograph/internal/rpc"
	"cartograph/internal/rpc/v1/rpcv1connect"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/graph"
	"cartograph/subgraphs/product/graph/gen"
	"cartograph/subgraphs/product/review"
)

func buildProduct(ctx context.Context, s *service) (http.Handler, error) {
	cfg := s.cfg.Product
	stock := rpcv1connect.NewInventoryClient(s.http, s.cfg.Peers.Inventory, s.clientOptions()...)
	index, follow, err := s.searcher(ctx)
	if err != nil {
		return nil, err
	}
	events := s.newOutbox()
	catalogue := product.NewService(cfg, s.pool, events, index, stock, time.Now, s.log)
	reviews := review.NewService(s.pool, events, time.Now)
	catalogue.Register(reviews.Register)
	if err := s.fillDemo(func() error { return importDemo(ctx, catalogue, reviews, time.Now()) }); err != nil {
		return nil, err
	}
	s.consume(catalogue.Topics(), catalogue.Handle)
	s.watch(catalogue.RunWatch)
	s.addTask(catalogue.RunSnapshots)
	s.addTask(follow)
	s.addTask(catalogue.RunSchedule)

	mux := http.NewServeMux()
	schema := gen.NewExecutableSchema(gen.Config{Resolvers: &graph.Resolver{Catalogue: catalogue, Reviews: reviews}})
	mux.Handle("/graphql", subgraph.Handler(schema, s.internal, s.log))
	mux.Handle("GET "+mediaPath+"/", product.Media(demo.Picture))
	mux.Handle(rpcv1connect.NewCatalogueHandler(product.Catalogue{Service: catalogue}, rpc.HandlerOptions(s.internal)...))
	return mux, nil
}
