package user

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/message"
	"cartograph/internal/payloadquery"
)

// queryTokenTTL is longer than a query takes, also one that waits.
const queryTokenTTL = time.Minute

// checkQuery returns why a query cannot make payloads for the caller. It runs once, for
// an order that does not exist, so that the router decides by the rules of a delivery.
func (w *Webhooks) checkQuery(ctx context.Context, query string, owner auth.Actor) error {
	err := payloadquery.Check(query)
	if err == nil {
		var token string
		if token, err = w.queryToken(ctx, owner); err != nil {
			return err
		}
		_, err = w.queries.Run(ctx, token, query, id.New(id.Order))
	}
	if failure, ok := errors.AsType[*payloadquery.Failure](err); ok {
		return fault.Localized(fault.Invalid, "webhook.payload_query", message.Args{"reason": failure.Reason}).At("input", "payloadQuery")
	}
	if err != nil {
		w.log.WarnContext(ctx, "payload query of a webhook endpoint not checked", "err", err)
		return fault.Localized(fault.Unavailable, "common.unavailable")
	}
	return nil
}

// queryToken is an access token by which the router runs the query of an endpoint's owner.
// It is of no session: it cannot be refreshed, and is never given to a client.
func (s *Service) queryToken(ctx context.Context, owner auth.Actor) (string, error) {
	key, err := s.keys.signing(ctx)
	if err != nil {
		return "", err
	}
	now := s.Now()
	token, err := key.sign(auth.AccessClaims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: auth.Issuer, Audience: jwt.ClaimStrings{auth.Audience}, Subject: owner.ID,
			IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(queryTokenTTL)),
		},
		Kind: owner.Kind, Scope: strings.Join(owner.Scopes, " "),
	})
	if err != nil {
		return "", fmt.Errorf("token of %s: %w", owner.ID, err)
	}
	return token, nil
}
