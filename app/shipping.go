package app

import (
	"context"
	"net/http"
	"time"

	"cartograph/consumers/shipping"
	"cartograph/consumers/shipping/carrier"
	"cartograph/internal/pg"
)

func buildShipping(_ context.Context, s *service) (http.Handler, error) {
	cfg := s.cfg.Shipping
	simulator := &carrier.Simulator{Seed: uint64(cfg.Seed), Transit: cfg.Transit, Now: time.Now} //nolint:gosec // not negative
	worker := shipping.NewWorker(s.pool, s.newOutbox(), simulator, cfg, s.log)
	s.consume(worker.Topics(), worker.Handle)
	s.addTask(worker.Run)
	s.healDueDates(pg.DueDates{Table: "parcels", Column: "due_at", Where: "due_at IS NOT NULL"})
	return http.NotFoundHandler(), nil
}
