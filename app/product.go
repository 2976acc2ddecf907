package app

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"cartograph/consumers/searchindex"
	"cartograph/internal/demo"
	"cartograph/internal/objectstore"
	"cartograph/internal/pg"
	"cartograph/internal/rpc"
	"cartograph/internal/rpc/v1/rpcv1connect"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/graph"
	"cartograph/subgraphs/product/graph/gen"
	"cartograph/subgraphs/product/media"
	"cartograph/subgraphs/product/recommend"
	"cartograph/subgraphs/product/review"
)

func buildProduct(ctx context.Context, s *service) (http.Handler, error) {
	cfg := s.cfg.Product
	stock := rpcv1connect.NewInventoryClient(s.http, s.cfg.Peers.Inventory, s.clientOptions()...)
	index, embedded, err := s.searcher(ctx)
	if err != nil {
		return nil, err
	}
	backlog := searchindex.NewBacklog(s.pool, s.log)
	s.addTask(backlog.Run)
	events := s.newOutbox()
	catalogue := product.NewService(cfg, s.pool, events, index, backlog, stock, time.Now, s.log)
	reviews := review.NewService(s.pool, events, time.Now)
	catalogue.Register(reviews.Register)
	if err := s.fillDemo(func() error { return importDemo(ctx, catalogue, reviews, time.Now()) }); err != nil {
		return nil, err
	}
	s.consumeAll(catalogue.Topics(), catalogue.Handle, catalogue.HandleAll)
	s.watch(catalogue.RunWatch)
	s.addTask(catalogue.RunSnapshots, catalogue.RunSynonyms)
	if embedded != nil {
		s.addTask(func(ctx context.Context) error { return embedded.Run(ctx, s.log) })
		if index == embedded {
			s.readyOnce(embedded.Loaded)
		}
	}
	s.addTask(catalogue.RunSchedule, catalogue.RunPriceHistory, catalogue.RunCollections, catalogue.RunAlerts)
	pictures, err := s.pictures(ctx)
	if err != nil {
		return nil, err
	}

	recommended := recommend.NewService(s.pool, events, time.Now, s.log)
	s.addTask(recommended.RunViews, recommended.RunRanks)

	mux := http.NewServeMux()
	schema := gen.NewExecutableSchema(gen.Config{Resolvers: &graph.Resolver{Catalogue: catalogue, Reviews: reviews, Media: pictures, Recommend: recommended}})
	mux.Handle("/graphql", subgraph.Handler(schema, s.internal, s.log))
	mux.Handle("GET "+mediaPath+"/", product.Media(demo.Picture, pictures))
	mux.Handle(rpcv1connect.NewCatalogueHandler(product.Catalogue{Service: catalogue}, rpc.HandlerOptions(s.internal)...))
	return mux, nil
}

// pictures are the uploads of the catalogue, and what is delivered of them.
func (s *service) pictures(ctx context.Context) (*media.Service, error) {
	if s.cfg.S3URL == "" {
		s.log.WarnContext(ctx, "S3_URL is not set, uploads are refused")
		return media.New(s.cfg.Product.Media, s.pool, nil, s.log), nil
	}
	store, err := objectstore.Open(s.cfg.S3URL, s.cfg.S3PublicURL)
	if err != nil {
		return nil, fmt.Errorf("S3_URL, S3_PUBLIC_URL: %w", err)
	}
	pictures := media.New(s.cfg.Product.Media, s.pool, store, s.log)
	for range s.cfg.Product.Media.Workers {
		s.addTask(pictures.Run)
	}
	s.addTask(pictures.CreateBucket, pictures.Sweep)
	s.healDueDates(pg.DueDates{Table: "media_uploads", Column: "due_at", Where: "due_at IS NOT NULL"})
	return pictures, nil
}
