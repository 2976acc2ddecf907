package router

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"cartograph/internal/address"
	"cartograph/internal/auth"
	"cartograph/internal/locale"
	"cartograph/router/gqlerr"
	"cartograph/router/transport"
)

// IdentityOptions are the sources of callers' identities.
type IdentityOptions struct {
	Issuers []Issuer         // of access tokens
	Keys    *APIKeys         // nil: no API keys
	Revoked *RevokedSessions // nil: there are none
	// Currencies are those that callers may have. One in another currency has the
	// first. None: any currency.
	Currencies []string
	// CountryHeader has the country that a client is in, as a proxy in front knows it
	// by the address. Without such a proxy clients can state it.
	CountryHeader string
}

// Identity authenticates callers by access token or API key.
type Identity struct {
	tokens     *accessTokens
	keys       *APIKeys
	revoked    *RevokedSessions
	currencies []string
	country    string // the header
}

// NewIdentity verifies tokens by the keys that their issuers publish. The keys
// are fetched when a token first needs them, so an issuer may start later.
func NewIdentity(o IdentityOptions, log *slog.Logger) (*Identity, error) {
	tokens, err := newAccessTokens(o.Issuers, log)
	if err != nil {
		return nil, err
	}
	return &Identity{tokens: tokens, keys: o.Keys, revoked: o.Revoked, currencies: o.Currencies, country: o.CountryHeader}, nil
}

// Identify authenticates a request: the actor comes from the access token or
// the API key, the address from the context's caller, language, currency and country
// from the headers. A currency that the shop does not sell in is replaced here, so
// that every service uses the same. Without credentials the actor is anonymous.
// Invalid ones are refused with UNAUTHENTICATED rather than treated as anonymous: a
// client whose token expired must notice. Any other error means that the caller
// cannot be identified now.
func (i *Identity) Identify(ctx context.Context, r *http.Request) (auth.Caller, error) {
	caller := auth.Caller{
		Actor:     auth.Actor{Kind: auth.Anonymous},
		Locale:    localeOf(r.Header.Get("Accept-Language")),
		Currency:  strings.ToUpper(cmp.Or(r.Header.Get("X-Currency"), "USD")),
		Country:   strings.ToUpper(cmp.Or(r.Header.Get("X-Country"), "US")),
		RequestID: transport.RequestID(r),
		Address:   auth.From(ctx).Address,
		Bot:       isBot(r.UserAgent()),
		UserAgent: programOf(r.UserAgent()),
	}
	if stated := strings.ToUpper(r.Header.Get(i.country)); address.IsCountry(stated) {
		caller.IPCountry = stated
	}
	if !letters(caller.Currency, 3) {
		return auth.Caller{}, gqlerr.New(gqlerr.BadUserInput, "X-Currency must be an ISO 4217 code, such as USD.")
	}
	if !address.IsCountry(caller.Country) {
		return auth.Caller{}, gqlerr.New(gqlerr.BadUserInput, "X-Country must be an ISO 3166-1 alpha-2 code, such as US.")
	}
	if len(i.currencies) > 0 && !slices.Contains(i.currencies, caller.Currency) {
		if r.Header.Get("X-Currency") != "" {
			caller.Unsold = caller.Currency
		}
		caller.Currency = i.currencies[0]
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

// maxUserAgent bounds the names of programs in tokens and sessions, in bytes.
const maxUserAgent = 300

// programOf is a User-Agent header as it is shown: one line of bounded length.
func programOf(userAgent string) string {
	line := strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsGraphic(r) {
			return -1
		}
		return r
	}, userAgent[:min(len(userAgent), maxUserAgent)])
	return strings.TrimSpace(line)
}

// isBot reports whether a client names itself as one that browses without a person:
// crawlers, previews of links, monitors. Views by them are not counted.
func isBot(userAgent string) bool {
	name := strings.ToLower(userAgent)
	return slices.ContainsFunc([]string{
		"bot", "crawl", "spider", "slurp", "scrap", "headless", "preview", "lighthouse", "monitor", "facebookexternalhit", "feedfetcher",
	}, func(mark string) bool { return strings.Contains(name, mark) })
}

// apiKeyPrefix distinguishes a key from a token in the Authorization header.
const apiKeyPrefix = "ck_"

// credentials returns the access token or the API key of a request. A request
// with both is refused: choosing one could act for the wrong actor.
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
	if header := h.Get("X-Api-Key"); header != "" {
		if authorization != "" {
			return "", "", gqlerr.New(gqlerr.BadUserInput, "Send an access token or an API key, not both.")
		}
		key = header
	}
	return token, key, nil
}

func (i *Identity) byToken(ctx context.Context, token string, caller *auth.Caller) error {
	verified, err := i.tokens.verify(ctx, token)
	if errors.Is(err, errKeysUnavailable) {
		return err
	}
	if err != nil || i.revoked.Has(verified.actor.SessionID) {
		return invalidToken()
	}
	caller.Actor, caller.Expires = verified.actor, verified.expires
	return nil
}

// OnRevoked calls end when the session of a caller is revoked, or the keys of an API
// client change, see RevokedSessions.OnRevoked. Another caller has nothing to revoke.
func (i *Identity) OnRevoked(caller auth.Caller, end func()) (stop func()) {
	if caller.Kind == auth.APIClient {
		return i.revoked.OnRevoked(caller.ID, end)
	}
	return i.revoked.OnRevoked(caller.SessionID, end)
}

// KeysChanged applies that keys of an API client were replaced, or all of them revoked:
// those that are invalid now are refused from now on, and streams of the client end. It
// does not depend on the service that verifies keys. A replaced key whose lookup is under
// way is refused within keyTTL.
func (i *Identity) KeysChanged(clientID string, revoked bool) {
	if i.keys != nil {
		i.keys.forget(clientID)
	}
	if i.revoked == nil {
		return
	}
	if revoked { // a lookup that is under way may have read the key before
		i.revoked.Add(clientID, i.revoked.now().Add(keyStaleTTL+keyTTL))
		return
	}
	i.revoked.end(clientID)
}

func invalidToken() error {
	return gqlerr.New(gqlerr.Unauthenticated, "The access token is invalid or has expired.")
}

func (i *Identity) byKey(ctx context.Context, key string, caller *auth.Caller) error {
	refused := gqlerr.New(gqlerr.Unauthenticated, "The API key is invalid or was revoked.")
	if i.keys == nil {
		return refused
	}
	client, err := i.keys.find(ctx, key, caller.Address)
	if errors.Is(err, ErrUnknownKey) {
		return refused
	}
	if _, refused := errors.AsType[*gqlerr.Error](err); refused {
		return err
	}
	if err != nil {
		return fmt.Errorf("look up API key: %w", err)
	}
	if i.revoked.Has(client.ID) {
		return refused
	}
	caller.Actor = auth.Actor{Kind: auth.APIClient, ID: client.ID, Scopes: client.Scopes}
	caller.PerMinute = client.PerMinute
	return nil
}

// localeOf returns the preferred language of an Accept-Language header.
func localeOf(accept string) string {
	const maxBytes = 256 // parsing costs more than linear time, and no browser sends more
	if accept == "" || len(accept) > maxBytes {
		return locale.Default
	}
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil || len(tags) == 0 {
		return locale.Default
	}
	switch tag := tags[0].String(); tag {
	case "und", "mul": // "*", or no known language
		return locale.Default
	default:
		return tag
	}
}

// letters reports whether s is n upper-case ASCII letters.
func letters(s string, n int) bool {
	return len(s) == n && strings.IndexFunc(s, func(c rune) bool { return c < 'A' || c > 'Z' }) < 0
}
