package router

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/text/language"

	"cartograph/internal/auth"
	"cartograph/internal/locale"
	"cartograph/router/gqlerr"
	"cartograph/router/transport"
)

// Identity names callers by the access tokens that they carry.
type Identity struct {
	keys   keyfunc.Keyfunc
	parser *jwt.Parser
}

// NewIdentity verifies tokens by the keys published at a URL. The keys are
// fetched when a token first needs them, so their service may start later.
func NewIdentity(jwksURL string, log *slog.Logger) (*Identity, error) {
	keys, err := keyfunc.New(keyfunc.Options{Storage: newPublishedKeys(jwksURL, log)})
	if err != nil {
		return nil, fmt.Errorf("keys at %s: %w", jwksURL, err)
	}
	const clockSkew = 30 * time.Second
	return &Identity{keys: keys, parser: jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}),
		jwt.WithIssuer(auth.Issuer), jwt.WithAudience(auth.Audience),
		jwt.WithExpirationRequired(), jwt.WithLeeway(clockSkew),
	)}, nil
}

// Identify reads the caller off a request: the actor from the bearer token,
// language, currency and country from the headers. Without a token the actor is
// anonymous; a token that does not hold is refused with UNAUTHENTICATED.
func (i *Identity) Identify(ctx context.Context, r *http.Request) (auth.Caller, error) {
	caller := auth.Caller{
		Actor:     auth.Actor{Kind: auth.Anonymous},
		Locale:    localeOf(r.Header.Get("Accept-Language")),
		Currency:  strings.ToUpper(cmp.Or(r.Header.Get("X-Currency"), "USD")),
		Country:   strings.ToUpper(cmp.Or(r.Header.Get("X-Country"), "US")),
		RequestID: transport.RequestID(r),
	}
	if !letters(caller.Currency, 3) {
		return auth.Caller{}, gqlerr.New(gqlerr.BadUserInput, "X-Currency must be an ISO 4217 code, such as USD.")
	}
	if !letters(caller.Country, 2) {
		return auth.Caller{}, gqlerr.New(gqlerr.BadUserInput, "X-Country must be an ISO 3166-1 alpha-2 code, such as US.")
	}
	header := r.Header.Get("Authorization")
	if header == "" {
		return caller, nil
	}
	actor, err := i.actor(ctx, auth.Bearer(header))
	if errors.Is(err, errKeysUnavailable) {
		return auth.Caller{}, err
	}
	if err != nil {
		return auth.Caller{}, gqlerr.New(gqlerr.Unauthenticated, "The access token is not valid, or no longer.")
	}
	caller.Actor = actor
	return caller, nil
}

func (i *Identity) actor(ctx context.Context, token string) (auth.Actor, error) {
	var claims auth.AccessClaims
	if _, err := i.parser.ParseWithClaims(token, &claims, i.keys.KeyfuncCtx(ctx)); err != nil {
		return auth.Actor{}, err
	}
	switch claims.Kind {
	case auth.Guest, auth.User, auth.APIClient:
	default: // a service is one of us and never comes this way
		return auth.Actor{}, fmt.Errorf("token names an actor of kind %q", claims.Kind)
	}
	if claims.Subject == "" {
		return auth.Actor{}, errors.New("token names nobody")
	}
	return claims.Actor(), nil
}

// localeOf is the language a reader likes best.
func localeOf(accept string) string {
	const longest = 256 // bytes: more are no reader's wish
	if accept == "" || len(accept) > longest {
		return locale.Default
	}
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil || len(tags) == 0 {
		return locale.Default
	}
	switch tag := tags[0].String(); tag {
	case "und", "mul": // "*", or nothing we know
		return locale.Default
	default:
		return tag
	}
}

func letters(s string, n int) bool {
	return len(s) == n && strings.IndexFunc(s, func(c rune) bool { return c < 'A' || c > 'Z' }) < 0
}
