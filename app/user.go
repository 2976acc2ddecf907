package app

import (
	"context"
	"net/http"

	"cartograph/internal/rpc"
	"cartograph/internal/rpc/v1/rpcv1connect"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/user"
	"cartograph/subgraphs/user/db"
	"cartograph/subgraphs/user/graph"
	"cartograph/subgraphs/user/graph/gen"
)

func runUser(ctx context.Context, h *host) error {
	pool, out, err := h.open(ctx, h.cfg.User.DatabaseURL, db.Migrations())
	if err != nil {
		return err
	}
	defer pool.Close()
	users := user.NewService(pool, out, h.log)
	if h.cfg.Demo {
		if err := users.Import(ctx, demoPeople()); err != nil {
			return err
		}
		if err := users.ImportAPIClient(ctx, demoPartner()); err != nil {
			return err
		}
	}
	h.relay(pool, out)
	h.also(users.RunKeyRotation, users.RunCleanup)

	mux := http.NewServeMux()
	schema := gen.NewExecutableSchema(gen.Config{Resolvers: &graph.Resolver{Users: users}})
	mux.Handle("/graphql", subgraph.Handler(schema, h.internal, h.log))
	mux.Handle(jwksPath, users.JWKS())
	mux.Handle(rpcv1connect.NewProfilesHandler(user.NewServer(users), rpc.HandlerOptions(h.internal)...))
	mux.Handle(rpcv1connect.NewApiClientsHandler(user.NewServer(users), rpc.HandlerOptions(h.internal)...))
	return h.serve(ctx, pool, mux)
}
