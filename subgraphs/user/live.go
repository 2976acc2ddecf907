package user

import (
	"context"
	"fmt"

	"github.com/99designs/gqlgen/graphql"

	"cartograph/internal/auth"
	"cartograph/internal/id"
	"cartograph/subgraphs/user/db"
)

// CheckSession returns an error if the session of the caller's access token has
// been revoked. Other services verify access tokens without a lookup and receive
// revocations by event; this one owns the sessions and looks.
func (s *Service) CheckSession(ctx context.Context) error {
	caller := auth.From(ctx)
	if id.PrefixOf(caller.SessionID) != id.Session {
		return nil // of another issuer, or no session
	}
	live, err := db.New(s.pool).SessionIsLive(ctx, caller.SessionID)
	if err != nil {
		return fmt.Errorf("check session: %w", err)
	}
	if !live {
		return sessionEnded()
	}
	return nil
}

// RequireLiveSessions returns the schema with operations that fail for callers
// whose session was revoked.
func (s *Service) RequireLiveSessions(schema graphql.ExecutableSchema) graphql.ExecutableSchema {
	return liveSchema{schema, s}
}

type liveSchema struct {
	graphql.ExecutableSchema
	users *Service
}

// Exec implements graphql.ExecutableSchema.
func (l liveSchema) Exec(ctx context.Context) graphql.ResponseHandler {
	if err := l.users.CheckSession(ctx); err != nil {
		graphql.AddError(ctx, err)
		return graphql.OneShot(&graphql.Response{Errors: graphql.GetErrors(ctx)})
	}
	return l.ExecutableSchema.Exec(ctx)
}
