package app

import (
	"context"
	"fmt"

	"cartograph/internal/fault"
	"cartograph/internal/rpc"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/internal/rpc/v1/rpcv1connect"
	"cartograph/router"
)

// identity takes the user role's word for who callers are: its tokens, and the
// keys that it gave to partners. More of either may be configured.
func (h *host) identity() (*router.Identity, error) {
	clients := rpcv1connect.NewApiClientsClient(h.http, h.cfg.Peers.User, rpc.ClientOptions(h.internal, h.role)...)
	var fixed []router.APIKey
	for _, key := range h.cfg.Router.APIKeys {
		fixed = append(fixed, router.APIKey(key))
	}
	keys, err := router.NewAPIKeys(router.APIKeyOptions{
		Fixed: fixed,
		Verify: func(ctx context.Context, sha256 []byte) (router.APIKey, error) {
			client, err := clients.Verify(ctx, &rpcv1.VerifyApiClientRequest{Sha256: sha256})
			if fault.KindOf(err) == fault.NotFound {
				return router.APIKey{}, router.ErrNoSuchKey
			}
			if err != nil {
				return router.APIKey{}, fmt.Errorf("ask the user role: %w", err)
			}
			return router.APIKey{
				ID: client.GetId(), Name: client.GetName(), Scopes: client.GetScopes(), PerMinute: int(client.GetRateLimitPerMinute()),
			}, nil
		},
	})
	if err != nil {
		return nil, err
	}
	issuers := []router.Issuer{router.OwnIssuer(h.cfg.Peers.User + jwksPath)}
	for _, issuer := range h.cfg.Router.Issuers {
		issuers = append(issuers, router.Issuer(issuer))
	}
	return router.NewIdentity(router.IdentityOptions{Issuers: issuers, Keys: keys}, h.log)
}
