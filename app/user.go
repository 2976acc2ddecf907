package app

import (
	"context"
	"net/http"

	"cartograph/internal/payloadquery"
	"cartograph/internal/rpc"
	"cartograph/internal/rpc/v1/rpcv1connect"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/user"
	"cartograph/subgraphs/user/graph"
	"cartograph/subgraphs/user/graph/gen"
)

func buildUser(ctx context.Context, s *service) (http.Handler, error) {
	users := user.NewService(s.pool, s.newOutbox(), s.log)
	if err := users.Configure(s.cfg.User); err != nil {
		return nil, err
	}
	users.EnablePush(s.cfg.User.PushPublicKey, s.cfg.Demo)
	err := s.fillDemo(func() error {
		if err := users.Import(ctx, demoUsers()); err != nil {
			return err
		}
		return users.ImportAPIClient(ctx, demoAPIClient())
	})
	if err != nil {
		return nil, err
	}
	s.consume(users.Topics(), users.Handle)
	s.addTask(users.RunKeyRotation, users.RunCleanup, users.RunResets)
	s.watch(users.RunInboxWatch)

	mux := http.NewServeMux()
	webhooks := user.NewWebhooks(users, rpcv1connect.NewWebhookDeliveriesClient(s.http, s.cfg.Peers.Webhook, s.clientOptions()...), payloadquery.New(s.cfg.Peers.Router), s.cfg.Demo)
	schema := gen.NewExecutableSchema(gen.Config{Resolvers: &graph.Resolver{Accounts: users, Webhooks: webhooks}})
	mux.Handle("/graphql", subgraph.Handler(users.RequireLiveSessions(schema), s.internal, s.log))
	mux.Handle(jwksPath, users.JWKS())
	mux.Handle(rpcv1connect.NewProfilesHandler(user.NewServer(users), rpc.HandlerOptions(s.internal)...))
	mux.Handle(rpcv1connect.NewApiClientsHandler(user.NewServer(users), rpc.HandlerOptions(s.internal)...))
	mux.Handle(rpcv1connect.NewWebhookEndpointsHandler(user.NewServer(users), rpc.HandlerOptions(s.internal)...))
	return mux, nil
}
