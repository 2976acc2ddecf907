package app

import (
	"context"
	"net/http"
	"time"

	"cartograph/internal/pg"
	"cartograph/internal/rpc"
	"cartograph/internal/rpc/v1/rpcv1connect"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/payment"
	"cartograph/subgraphs/payment/gateway"
	"cartograph/subgraphs/payment/gateway/stripe"
	"cartograph/subgraphs/payment/graph"
	"cartograph/subgraphs/payment/graph/gen"
)

// providerOf returns the client of the configured payment provider, and what releases
// its connections.
func providerOf(cfg payment.Config) (gateway.Gateway, func()) {
	if cfg.Provider == payment.Stripe {
		client := stripe.New(cfg.Gateway)
		return client, client.Close
	}
	client := gateway.NewSimulator(cfg.Gateway)
	return client, client.Close
}

func buildPayment(_ context.Context, s *service) (http.Handler, error) {
	provider, release := providerOf(s.cfg.Payment)
	s.addCleanup(release)
	payments := payment.NewService(s.pool, s.newOutbox(), provider,
		rpcv1connect.NewOrdersClient(s.http, s.cfg.Peers.Order, s.clientOptions()...), s.cfg.Payment, s.log, time.Now)
	s.consume(payments.Topics(), payments.Handle)
	s.addTask(payments.RunWorker, payments.RunReconciliation)
	s.healDueDates(
		pg.DueDates{Table: "payments", Column: "due_at", Where: "pending_operation <> 'NONE'"},
		pg.DueDates{Table: "refunds", Column: "due_at", Where: "status IN ('REQUESTED', 'PENDING')"},
		pg.DueDates{Table: "webhook_events", Column: "due_at", Where: "handled_at IS NULL"},
	)
	s.watch(payments.RunWatch)

	mux := http.NewServeMux()
	schema := gen.NewExecutableSchema(gen.Config{Resolvers: &graph.Resolver{Payments: payments}})
	mux.Handle("/graphql", subgraph.Handler(schema, s.internal, s.log))
	mux.Handle("POST "+webhookPath, payments.Webhooks())
	mux.Handle(rpcv1connect.NewPaymentsHandler(payment.NewServer(payments), rpc.HandlerOptions(s.internal)...))
	return mux, nil
}
