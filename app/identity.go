package app

import (
	"context"
	"fmt"
	"time"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/kafka"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/internal/rpc/v1/rpcv1connect"
	"cartograph/router"
)

// identity verifies access tokens that the user role issued and API keys that
// it stores. The configuration may add issuers and keys.
func (s *service) identity() (*router.Identity, error) {
	clients := rpcv1connect.NewApiClientsClient(s.http, s.cfg.Peers.User, s.clientOptions()...)
	var fixed []router.APIKey
	for _, key := range s.cfg.Router.APIKeys {
		fixed = append(fixed, router.APIKey(key))
	}
	keys, err := router.NewAPIKeys(router.APIKeyOptions{
		Fixed: fixed,
		Verify: func(ctx context.Context, sha256 []byte) (router.APIKey, error) {
			client, err := clients.Verify(ctx, &rpcv1.VerifyApiClientRequest{Sha256: sha256})
			if fault.KindOf(err) == fault.NotFound {
				return router.APIKey{}, router.ErrUnknownKey
			}
			if err != nil {
				return router.APIKey{}, fmt.Errorf("verify API key at the user role: %w", err)
			}
			return router.APIKey{
				ID: client.GetId(), Name: client.GetName(), Scopes: client.GetScopes(), PerMinute: int(client.GetRateLimitPerMinute()),
			}, nil
		},
	})
	if err != nil {
		return nil, err
	}
	issuers := []router.Issuer{router.OwnIssuer(s.cfg.Peers.User + jwksPath)}
	for _, issuer := range s.cfg.Router.Issuers {
		issuers = append(issuers, router.Issuer(issuer))
	}
	revoked := router.NewRevokedSessions()
	identity, err := router.NewIdentity(router.IdentityOptions{
		Issuers: issuers, Keys: keys, Revoked: revoked, Currencies: s.cfg.Product.Currencies, CountryHeader: s.cfg.Router.CountryHeader,
	}, s.log)
	if err == nil {
		s.followRevocations(identity, revoked)
	}
	return identity, err
}

// followRevocations follows the events of the user role. It begins before the oldest
// access token that is valid, so a restart loses no revocation.
func (s *service) followRevocations(identity *router.Identity, revoked *router.RevokedSessions) {
	const longest = 20 * time.Minute // tokens live for 15 minutes
	s.watch(func(ctx context.Context, brokers []string) error {
		return kafka.WatchSince(ctx, brokers, []event.Topic{event.Users}, time.Now().Add(-longest), s.log, func(e event.Envelope) {
			if err := applyRevocation(identity, revoked, e); err != nil {
				s.log.WarnContext(ctx, "unreadable revocation", "event_id", e.ID, "err", err)
			}
		})
	})
}

func applyRevocation(identity *router.Identity, revoked *router.RevokedSessions, e event.Envelope) error {
	switch e.Type {
	case event.Type[event.SessionRevoked]():
		r, err := event.Decode[event.SessionRevoked](e)
		if err != nil {
			return err
		}
		revoked.Add(r.SessionID, r.AccessTokensExpireAt)
	case event.Type[event.APIClientKeysChanged]():
		c, err := event.Decode[event.APIClientKeysChanged](e)
		if err != nil {
			return err
		}
		identity.KeysChanged(c.ClientID, c.Revoked)
	}
	return nil
}
