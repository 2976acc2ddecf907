package app

import (
	"context"
	"net/http"
	"time"

	"cartograph/internal/demo"
	"cartograph/internal/pg"
	"cartograph/internal/rpc"
	"cartograph/internal/rpc/v1/rpcv1connect"
	"cartograph/internal/search"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/db"
	"cartograph/subgraphs/product/graph"
	"cartograph/subgraphs/product/graph/gen"
)

func runProduct(ctx context.Context, h *host) error {
	cfg := h.cfg.Product
	pool, out, err := h.open(ctx, cfg.DatabaseURL, db.Migrations(), pg.PlanByValue)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := migrateSearch(ctx, pool); err != nil {
		return err
	}
	stock := rpcv1connect.NewInventoryClient(h.http, h.cfg.Peers.Inventory, rpc.ClientOptions(h.internal, h.role)...)
	catalogue := product.NewService(cfg, pool, out, search.NewPostgres(pool, cfg.Currencies...), stock, time.Now, h.log)
	if h.cfg.Demo {
		if err := openDemo(ctx, catalogue); err != nil {
			return err
		}
	}
	h.relay(pool, out)
	h.consume(pool, catalogue.Topics(), catalogue.Handle)
	h.also(func(ctx context.Context) error { return catalogue.RunWatch(ctx, h.cfg.KafkaBrokers) })

	mux := http.NewServeMux()
	schema := gen.NewExecutableSchema(gen.Config{Resolvers: &graph.Resolver{Catalogue: catalogue}})
	mux.Handle("/graphql", subgraph.Handler(schema, h.internal, h.log))
	mux.Handle("GET "+mediaPath+"/", product.Media(demo.Picture))
	mux.Handle(rpcv1connect.NewCatalogueHandler(product.Catalogue{Service: catalogue}, rpc.HandlerOptions(h.internal)...))
	return h.serve(ctx, pool, mux)
}

// openDemo imports the demo shop into an empty catalogue. A shop that was
// opened earlier stays as it is: its dates are those of its opening.
func openDemo(ctx context.Context, catalogue *product.Service) error {
	empty, err := catalogue.Empty(ctx)
	if err != nil || !empty {
		return err
	}
	_, err = catalogue.Import(ctx, demoAssortment(time.Now()))
	return err
}
