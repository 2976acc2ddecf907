package app

import (
	"context"
	"net/http"

	"cartograph/gatewaysim"
)

func buildGatewaySim(_ context.Context, s *service) (http.Handler, error) {
	gateway := gatewaysim.New(s.pool, s.cfg.GatewaySim, s.log)
	s.addTask(gateway.Run)
	return gateway.Handler(), nil
}
