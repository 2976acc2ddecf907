package router

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"golang.org/x/text/language"

	"cartograph/internal/auth"
	"cartograph/internal/locale"
	"cartograph/router/gqlerr"
	"cartograph/router/transport"
)

// IdentityOptions are whose word a caller's identity is taken on.
type IdentityOptions struct {
	Issuers []Issuer // of access tokens
	Keys    *APIKeys // nil: there are none
}

// Identity names callers by the access tokens or API keys that they carry.
type Identity struct {
	tokens *accessTokens
	keys   *APIKeys
}

// NewIdentity verifies tokens by the keys that their issuers publish. The keys
// are fetched when a token first needs them, so an issuer may start later.
func NewIdentity(o IdentityOptions, log *slog.Logger) (*Identity, error) {
	tokens, err := newAccessTokens(o.Issuers, log)
	if err != nil {
		return nil, err
	}
	return &Identity{tokens: tokens, keys: o.Keys}, nil
}

// Identify reads the caller off a request: the actor from the access token or
// the API key, language, currency and country from the headers. Without either
// the actor is anonymous; one that does not hold is refused with
// UNAUTHENTICATED.
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
	token, key, err := credentials(r.Header)
	switch {
	case err != nil:
		return auth.Caller{}, err
	case key != "":
		err = i.byKey(ctx, key, &caller)
	case token != "":
		err = i.byToken(ctx, token, &caller)
	}
	if err != nil {
		return auth.Caller{}, err
	}
	return caller, nil
}

// apiKeyPrefix tells keys from tokens where either may stand.
const apiKeyPrefix = "ck_"

// credentials are the access token or the API key of a request. Nobody is two
// at once: a request with both is refused, since one of them was not meant.
func credentials(h http.Header) (token, key string, err error) {
	authorization := h.Get("Authorization")
	if authorization != "" {
		if token = auth.Bearer(authorization); token == "" {
			return "", "", invalidToken()
		}
	}
	if strings.HasPrefix(token, apiKeyPrefix) {
		token, key = "", token
	}
	if given := h.Get("X-Api-Key"); given != "" {
		if authorization != "" {
			return "", "", gqlerr.New(gqlerr.BadUserInput, "Send an access token or an API key, not both.")
		}
		key = given
	}
	return token, key, nil
}

func (i *Identity) byToken(ctx context.Context, token string, caller *auth.Caller) error {
	known, err := i.tokens.verify(ctx, token)
	if errors.Is(err, errKeysUnavailable) {
		return err
	}
	if err != nil {
		return invalidToken()
	}
	caller.Actor, caller.Expires = known.actor, known.expires
	return nil
}

func invalidToken() error {
	return gqlerr.New(gqlerr.Unauthenticated, "The access token is not valid, or no longer.")
}

func (i *Identity) byKey(ctx context.Context, key string, caller *auth.Caller) error {
	refused := gqlerr.New(gqlerr.Unauthenticated, "The API key is not valid, or no longer.")
	if i.keys == nil {
		return refused
	}
	client, err := i.keys.find(ctx, key)
	if errors.Is(err, ErrNoSuchKey) {
		return refused
	}
	if err != nil {
		return fmt.Errorf("look an API key up: %w", err)
	}
	caller.Actor = auth.Actor{Kind: auth.APIClient, ID: client.ID, Scopes: client.Scopes}
	caller.PerMinute = client.PerMinute
	return nil
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
