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

// Issuer is somebody whose access tokens name callers.
type Issuer struct {
	Name       string   // the claim iss
	Audience   string   // that the claim aud must hold; empty: it is not looked at
	KeysURL    string   // of the JWK set
	Algorithms []string // of EdDSA, ES256 and RS256; none: all three
	// SubjectPrefix is put before the claim sub. It keeps the ids of one
	// issuer's callers apart from everybody else's.
	SubjectPrefix string
}

// OwnIssuer is the User subgraph, which publishes its keys at the URL.
func OwnIssuer(keysURL string) Issuer {
	return Issuer{Name: auth.Issuer, Audience: auth.Audience, KeysURL: keysURL, Algorithms: []string{jwt.SigningMethodEdDSA.Alg()}}
}

// algorithms are the only ones that are ever accepted. All are asymmetric: a
// published key must not be good for signing.
func algorithms() []string {
	return []string{jwt.SigningMethodEdDSA.Alg(), jwt.SigningMethodES256.Alg(), jwt.SigningMethodRS256.Alg()}
}

const (
	clockSkew    = 30 * time.Second
	longestToken = 8 << 10 // bytes
	// A verified token is believed without its signature for so long: checking
	// one costs more than finding most operations.
	believedFor    = time.Minute
	believedTokens = 10_000
)

// known is what a token said, and until when it is believed.
type known struct {
	actor   auth.Actor
	expires time.Time
	until   time.Time
}

// accessTokens verifies the tokens of several issuers.
type accessTokens struct {
	issuers map[string]*tokenIssuer
	peek    *jwt.Parser
	known   *lru.Cache[string, known]
}

type tokenIssuer struct {
	Issuer
	keys   *publishedKeys
	parser *jwt.Parser
}

func newAccessTokens(issuers []Issuer, log *slog.Logger) (*accessTokens, error) {
	cache, err := lru.New[string, known](believedTokens)
	if err != nil {
		return nil, err
	}
	t := &accessTokens{issuers: map[string]*tokenIssuer{}, peek: jwt.NewParser(), known: cache}
	for _, i := range issuers {
		if i.Name == "" || i.KeysURL == "" {
			return nil, fmt.Errorf("issuer %q needs a name and the URL of its keys", i.Name)
		}
		if t.issuers[i.Name] != nil {
			return nil, fmt.Errorf("issuer %q is there twice", i.Name)
		}
		if len(i.Algorithms) == 0 {
			i.Algorithms = algorithms()
		}
		for _, a := range i.Algorithms {
			if !slices.Contains(algorithms(), a) {
				return nil, fmt.Errorf("issuer %q: algorithm %q is none of %s", i.Name, a, strings.Join(algorithms(), ", "))
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

// verify is whom a token names, and until when.
func (t *accessTokens) verify(ctx context.Context, token string) (known, error) {
	if len(token) > longestToken {
		return known{}, errors.New("token is too long")
	}
	now := time.Now()
	if k, ok := t.known.Get(token); ok && now.Before(k.until) {
		return k, nil
	}
	issuer, err := t.issuerOf(token)
	if err != nil {
		return known{}, err
	}
	var c claims
	if _, err := issuer.parser.ParseWithClaims(token, &c, issuer.key(ctx)); err != nil {
		return known{}, err
	}
	actor, err := c.actor(issuer.SubjectPrefix)
	if err != nil {
		return known{}, err
	}
	k := known{actor: actor, expires: c.ExpiresAt.Time, until: now.Add(believedFor)}
	if end := k.expires.Add(clockSkew); end.Before(k.until) {
		k.until = end
	}
	t.known.Add(token, k)
	return k, nil
}

// issuerOf is who the token says it is from. Nothing is believed yet: the
// issuer's parser checks the claim again, with the signature.
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

// key finds the key that a token names, if it is one for the token's
// algorithm. The issuer's parser has checked that the algorithm is allowed.
func (i *tokenIssuer) key(ctx context.Context) jwt.Keyfunc {
	return func(token *jwt.Token) (any, error) {
		kid, _ := token.Header["kid"].(string)
		if kid == "" {
			return nil, errors.New("token names no key")
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

// fits tells whether a key is one of the algorithm's, and strong enough.
func fits(key any, algorithm string) bool {
	const shortestRSA = 2048 // bits
	switch k := key.(type) {
	case ed25519.PublicKey:
		return algorithm == jwt.SigningMethodEdDSA.Alg()
	case *ecdsa.PublicKey:
		return algorithm == jwt.SigningMethodES256.Alg() && k.Curve == elliptic.P256()
	case *rsa.PublicKey:
		return algorithm == jwt.SigningMethodRS256.Alg() && k.N.BitLen() >= shortestRSA
	default:
		return false
	}
}

// claims are ours, or another issuer's: those say less of the kind of actor,
// and write scopes as a text or as a list, named scope or scp.
type claims struct {
	jwt.RegisteredClaims
	Kind      auth.Kind `json:"kind"`
	GuestID   string    `json:"gst"`
	SessionID string    `json:"sid"`
	Scope     words     `json:"scope"`
	Scopes    words     `json:"scp"`
}

// words are written as one text or as a list.
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
	default: // a service is one of us and never comes this way
		return auth.Actor{}, fmt.Errorf("token names an actor of kind %q", kind)
	}
	if c.Subject == "" {
		return auth.Actor{}, errors.New("token names nobody")
	}
	return auth.Actor{
		Kind: kind, ID: prefix + c.Subject, GuestID: c.GuestID, SessionID: c.SessionID, Scopes: slices.Concat(c.Scope, c.Scopes),
	}, nil
}
