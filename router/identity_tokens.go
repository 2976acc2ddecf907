package router

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
	lru "github.com/hashicorp/golang-lru/v2"

	"cartograph/internal/auth"
)

// Issuer signs access tokens that the router accepts.
type Issuer struct {
	Name       string   // the claim iss
	Audience   string   // that the claim aud must contain; empty: not checked
	KeysURL    string   // of the JWK set
	Algorithms []string // some of EdDSA, ES256 and RS256; none: all three
	// SubjectPrefix is put before the claim sub, so that equal subjects of two
	// issuers are two actors.
	SubjectPrefix string
}

// OwnIssuer is the issuer of package auth, with its JWK set at the URL.
func OwnIssuer(keysURL string) Issuer {
	return Issuer{Name: auth.Issuer, Audience: auth.Audience, KeysURL: keysURL, Algorithms: []string{jwt.SigningMethodEdDSA.Alg()}}
}

// algorithms are all that are accepted. They are asymmetric: with HS256 in the
// list, any client could sign a token with a published key as the secret.
func algorithms() []string {
	return []string{jwt.SigningMethodEdDSA.Alg(), jwt.SigningMethodES256.Alg(), jwt.SigningMethodRS256.Alg()}
}

const (
	clockSkew     = 30 * time.Second
	maxTokenBytes = 8 << 10
	// A verified token is cached, since checking its signature costs more CPU
	// than many whole operations. The entry ends with the token at the latest; a
	// signing key that is withdrawn is accepted for up to tokenTTL longer.
	tokenTTL        = time.Minute
	maxCachedTokens = 10_000
)

// verifiedToken is what a token asserts, and until when it is cached.
type verifiedToken struct {
	actor   auth.Actor
	expires time.Time
	until   time.Time // of the cache entry
}

// accessTokens verifies the tokens of several issuers.
type accessTokens struct {
	issuers map[string]*tokenIssuer
	peek    *jwt.Parser
	cache   *lru.Cache[string, verifiedToken] // by the whole token, so that a forged one never matches
}

type tokenIssuer struct {
	Issuer
	keys   *publishedKeys
	parser *jwt.Parser
}

func newAccessTokens(issuers []Issuer, log *slog.Logger) (*accessTokens, error) {
	cache, err := lru.New[string, verifiedToken](maxCachedTokens)
	if err != nil {
		return nil, err
	}
	t := &accessTokens{issuers: map[string]*tokenIssuer{}, peek: jwt.NewParser(), cache: cache}
	for _, i := range issuers {
		if i.Name == "" || i.KeysURL == "" {
			return nil, fmt.Errorf("issuer %q needs a name and the URL of its keys", i.Name)
		}
		if t.issuers[i.Name] != nil {
			return nil, fmt.Errorf("issuer %q is listed twice", i.Name)
		}
		if len(i.Algorithms) == 0 {
			i.Algorithms = algorithms()
		}
		for _, a := range i.Algorithms {
			if !slices.Contains(algorithms(), a) {
				return nil, fmt.Errorf("issuer %q: algorithm %q is not one of %s", i.Name, a, strings.Join(algorithms(), ", "))
			}
		}
		t.issuers[i.Name] = &tokenIssuer{Issuer: i, keys: newPublishedKeys(i.KeysURL, log), parser: parserOf(i)}
	}
	return t, nil
}

func parserOf(i Issuer) *jwt.Parser {
	options := []jwt.ParserOption{
		jwt.WithValidMethods(i.Algorithms), jwt.WithIssuer(i.Name),
		jwt.WithExpirationRequired(), jwt.WithLeeway(clockSkew),
	}
	if i.Audience != "" {
		options = append(options, jwt.WithAudience(i.Audience))
	}
	return jwt.NewParser(options...)
}

// verify returns the actor of a token, and when it expires.
func (t *accessTokens) verify(ctx context.Context, token string) (verifiedToken, error) {
	if len(token) > maxTokenBytes {
		return verifiedToken{}, errors.New("token is too long")
	}
	now := time.Now()
	if k, ok := t.cache.Get(token); ok && now.Before(k.until) {
		return k, nil
	}
	issuer, err := t.issuerOf(token)
	if err != nil {
		return verifiedToken{}, err
	}
	var c claims
	if _, err := issuer.parser.ParseWithClaims(token, &c, issuer.key(ctx)); err != nil {
		return verifiedToken{}, err
	}
	actor, err := c.actor(issuer.SubjectPrefix)
	if err != nil {
		return verifiedToken{}, err
	}
	k := verifiedToken{actor: actor, expires: c.ExpiresAt.Time, until: now.Add(tokenTTL)}
	if end := k.expires.Add(clockSkew); end.Before(k.until) {
		k.until = end
	}
	t.cache.Add(token, k)
	return k, nil
}

// issuerOf finds the issuer that an unverified token names. It only selects the
// keys and rules: the issuer's parser then checks the claim with the signature.
func (t *accessTokens) issuerOf(token string) (*tokenIssuer, error) {
	var c jwt.RegisteredClaims
	if _, _, err := t.peek.ParseUnverified(token, &c); err != nil {
		return nil, err
	}
	issuer := t.issuers[c.Issuer]
	if issuer == nil {
		return nil, errors.New("token of an unknown issuer")
	}
	return issuer, nil
}

// key finds the key that a token names and refuses one that is not for the
// token's algorithm. The issuer's parser has already checked that the algorithm
// is allowed.
func (i *tokenIssuer) key(ctx context.Context) jwt.Keyfunc {
	return func(token *jwt.Token) (any, error) {
		kid, _ := token.Header["kid"].(string)
		if kid == "" {
			return nil, errors.New("token has no key id")
		}
		jwk, err := i.keys.KeyRead(ctx, kid)
		if err != nil {
			return nil, err
		}
		if use := jwk.Marshal().USE; use != "" && use != jwkset.UseSig {
			return nil, fmt.Errorf("key %q is not for signatures", kid)
		}
		if alg := jwk.Marshal().ALG.String(); alg != "" && alg != token.Method.Alg() {
			return nil, fmt.Errorf("key %q is for %s", kid, alg)
		}
		if !fits(jwk.Key(), token.Method.Alg()) {
			return nil, fmt.Errorf("key %q is a %T, and the token's algorithm %s", kid, jwk.Key(), token.Method.Alg())
		}
		return jwk.Key(), nil
	}
}

// fits reports whether a key is of the algorithm's type and strong enough.
func fits(key any, algorithm string) bool {
	const minRSABits = 2048
	switch k := key.(type) {
	case ed25519.PublicKey:
		return algorithm == jwt.SigningMethodEdDSA.Alg()
	case *ecdsa.PublicKey:
		return algorithm == jwt.SigningMethodES256.Alg() && k.Curve == elliptic.P256()
	case *rsa.PublicKey:
		return algorithm == jwt.SigningMethodRS256.Alg() && k.N.BitLen() >= minRSABits
	default:
		return false
	}
}

// claims of package auth's tokens or of another issuer's. Other issuers have no
// kind, and put scopes into scope or scp, as a string or as a list.
type claims struct {
	jwt.RegisteredClaims
	Kind      auth.Kind `json:"kind"`
	GuestID   string    `json:"gst"`
	CartMerge string    `json:"cmg"`
	SessionID string    `json:"sid"`
	Scope     words     `json:"scope"`
	Scopes    words     `json:"scp"`
}

// words is a list that may also be written as one space-separated string.
type words []string

func (w *words) UnmarshalJSON(raw []byte) error {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		*w = strings.Fields(text)
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(w))
}

func (c claims) actor(prefix string) (auth.Actor, error) {
	kind := cmp.Or(c.Kind, auth.User)
	switch kind {
	case auth.Guest, auth.User, auth.APIClient:
	default: // a token must never make a client a service: subgraphs trust those
		return auth.Actor{}, fmt.Errorf("actor kind %q is not accepted", kind)
	}
	if c.Subject == "" {
		return auth.Actor{}, errors.New("token has no subject")
	}
	return auth.Actor{
		Kind: kind, ID: prefix + c.Subject, GuestID: c.GuestID, CartMerge: c.CartMerge, SessionID: c.SessionID, Scopes: slices.Concat(c.Scope, c.Scopes),
	}, nil
}
