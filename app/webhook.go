package app

import (
	"context"
	"net/http"

	"cartograph/consumers/webhook"
	"cartograph/internal/payloadquery"
	"cartograph/internal/pg"
	"cartograph/internal/rpc"
	"cartograph/internal/rpc/v1/rpcv1connect"
)

func buildWebhook(_ context.Context, s *service) (http.Handler, error) {
	endpoints := rpcv1connect.NewWebhookEndpointsClient(s.http, s.cfg.Peers.User, s.clientOptions()...)
	worker := webhook.NewWorker(s.pool, s.newOutbox(), endpoints, payloadquery.New(s.cfg.Peers.Router), s.cfg.Webhook, s.cfg.Demo, s.log)
	s.consumeAll(worker.Topics(), worker.Handle, worker.HandleAll)
	s.addTask(worker.RunSender, worker.RunCleanup)
	s.healDueDates(pg.DueDates{Table: "deliveries", Column: "due_at", Where: "status IN ('PENDING', 'RETRYING')"})
	mux := http.NewServeMux()
	mux.Handle(rpcv1connect.NewWebhookDeliveriesHandler(webhook.NewServer(worker), rpc.HandlerOptions(s.internal)...))
	return mux, nil
}
