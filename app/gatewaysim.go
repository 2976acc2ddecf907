package app

import (
	"context"

	"cartograph/gatewaysim"
)

func runGatewaySim(ctx context.Context, h *host) error {
	pool, _, err := h.open(ctx, h.cfg.GatewaySim.DatabaseURL, gatewaysim.Migrations())
	if err != nil {
		return err
	}
	defer pool.Close()
	gateway := gatewaysim.New(pool, h.cfg.GatewaySim, h.log)
	h.also(gateway.Run)
	return h.serve(ctx, pool, gateway.Handler())
}
