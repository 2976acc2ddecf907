package app

import (
	"context"
	"net/http"

	"cartograph/consumers/inventory"
	"cartograph/consumers/inventory/db"
	"cartograph/internal/rpc"
	"cartograph/internal/rpc/v1/rpcv1connect"
)

func runInventory(ctx context.Context, h *host) error {
	pool, out, err := h.open(ctx, h.cfg.Inventory.DatabaseURL, db.Migrations())
	if err != nil {
		return err
	}
	defer pool.Close()
	worker := inventory.NewWorker(pool, out, h.cfg.Inventory, h.log)
	if h.cfg.Demo {
		if err := receiveDemoStock(ctx, worker); err != nil {
			return err
		}
	}
	h.relay(pool, out)
	h.consume(pool, worker.Topics(), worker.Handle)
	h.also(worker.RunSweeper)

	mux := http.NewServeMux()
	mux.Handle(rpcv1connect.NewInventoryHandler(inventory.NewServer(worker), rpc.HandlerOptions(h.internal)...))
	return h.serve(ctx, pool, mux)
}
