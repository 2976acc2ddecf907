package app

import (
	"context"
	"net/http"

	"cartograph/consumers/searchindex"
	"cartograph/internal/search"
)

func buildSearchIndex(_ context.Context, s *service) (http.Handler, error) {
	worker := searchindex.NewWorker(s.pool, search.NewPostgres(s.pool, s.cfg.Product.Currencies...), s.log)
	s.consume(worker.Topics(), worker.Handle)
	s.addTask(worker.Run)
	return http.NotFoundHandler(), nil
}
