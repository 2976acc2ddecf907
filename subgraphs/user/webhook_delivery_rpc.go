package user

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/id"
	"cartograph/internal/optional"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/user/db"
)

// ReadWebhookEndpoint returns how to deliver to an endpoint now.
func (s *Server) ReadWebhookEndpoint(ctx context.Context, req *rpcv1.ReadWebhookEndpointRequest) (*rpcv1.ReadWebhookEndpointResponse, error) {
	caller := auth.From(ctx)
	if caller.Kind != auth.Service || caller.ID != webhookService || id.PrefixOf(req.GetEndpointId()) != id.WebhookEndpoint {
		return nil, webhookEndpointNotFound("id")
	}
	row, err := db.New(s.users.pool).ReadWebhookEndpoint(ctx, db.ReadWebhookEndpointParams{ID: req.GetEndpointId(), Now: new(s.users.Now())})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, webhookEndpointNotFound("id")
	}
	if err != nil {
		return nil, fmt.Errorf("read webhook endpoint %s: %w", req.GetEndpointId(), err)
	}
	scopes := row.Scopes
	if len(row.Roles) > 0 {
		scopes = scopesOf(rolesOf(row.Roles))
	}
	if !slices.Contains(scopes, webhookScope) {
		return nil, webhookEndpointNotFound("id")
	}
	res := &rpcv1.ReadWebhookEndpointResponse{
		Url: row.URL, Secret: row.Secret, PreviousSecret: row.PreviousSecret, OwnerId: row.OwnerID, Scopes: scopes, PayloadQuery: optional.Value(row.PayloadQuery),
	}
	if row.PayloadQuery == nil {
		return res, nil
	}
	kind := auth.APIClient
	if id.PrefixOf(row.OwnerID) == id.User {
		kind = auth.User
	}
	res.AccessToken, err = s.users.queryToken(ctx, auth.Actor{Kind: kind, ID: row.OwnerID, Scopes: scopes})
	return res, err
}
