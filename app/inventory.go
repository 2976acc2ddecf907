package app

import (
	"context"
	"net/http"

	"cartograph/consumers/inventory"
	"cartograph/internal/rpc"
	"cartograph/internal/rpc/v1/rpcv1connect"
)

func buildInventory(ctx context.Context, s *service) (http.Handler, error) {
	worker := inventory.NewWorker(s.pool, s.newOutbox(), s.cfg.Inventory, s.log)
	if err := s.fillDemo(func() error { return receiveDemoStock(ctx, worker) }); err != nil {
		return nil, err
	}
	s.consume(worker.Topics(), worker.Handle)
	s.addTask(worker.RunSweeper)

	mux := http.NewServeMux()
	mux.Handle(rpcv1connect.NewInventoryHandler(inventory.NewServer(worker), rpc.HandlerOptions(s.internal)...))
	return mux, nil
}
