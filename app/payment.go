package app

import (
	"context"
	"net/http"
	"time"

	"cartograph/internal/rpc"
	"cartograph/internal/rpc/v1/rpcv1connect"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/payment"
	"cartograph/subgraphs/payment/db"
	"cartograph/subgraphs/payment/gateway"
	"cartograph/subgraphs/payment/graph"
	"cartograph/subgraphs/payment/graph/gen"
)

func runPayment(ctx context.Context, h *host) error {
	pool, out, err := h.open(ctx, h.cfg.Payment.DatabaseURL, db.Migrations())
	if err != nil {
		return err
	}
	defer pool.Close()
	provider := gateway.NewSimulator(h.cfg.Payment.Gateway)
	payments := payment.NewService(pool, out, provider, h.cfg.Payment, h.log, time.Now)

	h.relay(pool, out)
	h.consume(pool, payments.Topics(), payments.Handle)
	h.also(payments.RunWorker, payments.RunReconciliation,
		func(ctx context.Context) error { return payments.RunWatch(ctx, h.cfg.KafkaBrokers) })

	mux := http.NewServeMux()
	schema := gen.NewExecutableSchema(gen.Config{Resolvers: &graph.Resolver{Payments: payments}})
	mux.Handle("/graphql", subgraph.Handler(schema, h.internal, h.log))
	mux.Handle("POST "+webhookPath, payments.Webhooks())
	mux.Handle(rpcv1connect.NewPaymentsHandler(payment.NewServer(payments), rpc.HandlerOptions(h.internal)...))
	return h.serve(ctx, pool, mux)
}
