package app

import (
	"context"
	"net/http"

	"cartograph/consumers/searchindex"
)

func buildSearchIndex(ctx context.Context, s *service) (http.Handler, error) {
	index, _, err := s.searcher(ctx)
	if err != nil {
		return nil, err
	}
	worker := searchindex.NewWorker(s.pool, index, s.log)
	s.consumeAll(worker.Topics(), worker.Handle, worker.HandleAll)
	s.addTask(worker.Run)
	return http.NotFoundHandler(), nil
}
