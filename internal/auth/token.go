package auth

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Issuer and Audience of the tokens that clients carry.
const (
	Issuer   = "cartograph"
	Audience = "cartograph"
)

// AccessClaims of a client's access token. The User subgraph signs it with EdDSA;
// the router verifies it with the published keys.
type AccessClaims struct {
	jwt.RegisteredClaims
	Kind      Kind   `json:"kind"`
	GuestID   string `json:"gst,omitempty"`
	CartMerge string `json:"cmg,omitempty"`
	SessionID string `json:"sid,omitempty"`
	Scope     string `json:"scope,omitempty"` // separated by spaces
}

// Actor returns the actor of the claims.
func (c AccessClaims) Actor() Actor {
	return Actor{
		Kind: c.Kind, ID: c.Subject, GuestID: c.GuestID, CartMerge: c.CartMerge, SessionID: c.SessionID, Scopes: strings.Fields(c.Scope),
	}
}

const (
	internalIssuer   = "cartograph-internal"
	internalLifetime = time.Minute
	minSecret        = 32
)

type internalClaims struct {
	jwt.RegisteredClaims
	Kind      Kind     `json:"kind"`
	GuestID   string   `json:"gst,omitempty"`
	CartMerge string   `json:"cmg,omitempty"`
	SessionID string   `json:"sid,omitempty"`
	Scopes    []string `json:"scp,omitempty"`
	Locale    string   `json:"loc,omitempty"`
	Currency  string   `json:"cur,omitempty"`
	Unsold    string   `json:"uns,omitempty"`
	Country   string   `json:"cty,omitempty"`
	RequestID string   `json:"rid,omitempty"`
	Address   string   `json:"adr,omitempty"`
	Bot       string   `json:"bot,omitempty"`
	UserAgent string   `json:"uag,omitempty"`
	IPCountry string   `json:"ipc,omitempty"`

	OnBehalfOf     string `json:"obo,omitempty"`
	OnBehalfOfKind Kind   `json:"obk,omitempty"`
}

var errShortSecret = errors.New("the internal token secret must have at least 32 bytes")

// Internal signs and verifies the tokens between our services.
//
// With the keys of a Keyring each service signs with a private key of its own for one
// audience, the service that it calls. Services other than the router cannot act for
// a buyer, and none can use a token that it received with another service. With a
// shared secret, which a standalone router and its subgraphs may use, whoever has it
// can act as any actor. It is safe for concurrent use.
type Internal struct {
	name   string // of the service; empty with a shared secret
	signer signer
	key    func(issuer string) any // what verifies the tokens of an issuer; nil: nothing does
	parser *jwt.Parser
	now    func() time.Time

	// Nil with a shared secret, where a signature is as cheap as a lookup.
	signed   *recent[string] // tokens by their claims
	verified *recent[Caller] // callers by token
	peers    func(service string) *recent[Caller]
}

const (
	clockSkew   = 5 * time.Second
	reusedUntil = 15 * time.Second // of a token's age; the router holds one for another 30 s
)

// NewInternal takes a secret of at least 32 bytes that all services share.
func NewInternal(secret string) (*Internal, error) {
	if len(secret) < minSecret {
		return nil, errShortSecret
	}
	return &Internal{
		signer: newMACSigner([]byte(secret)),
		key:    func(string) any { return []byte(secret) },
		parser: newParser(jwt.SigningMethodHS256, jwt.WithIssuer(internalIssuer)),
		now:    time.Now,
	}, nil
}

func newSigned(name string, private ed25519.PrivateKey, ring *Keyring) *Internal {
	i := &Internal{
		name:   name,
		signer: keySigner{private},
		key: func(issuer string) any {
			if key := ring.public[issuer]; key != nil {
				return key
			}
			return nil
		},
		parser: newParser(jwt.SigningMethodEdDSA, jwt.WithAudience(name)),
		now:    time.Now,
		signed: newRecent[string](), verified: newRecent[Caller](), peers: ring.verifiedBy,
	}
	if ring.process != nil {
		i.signer, i.key = newMACSigner(ring.process), func(string) any { return ring.process }
		i.parser = newParser(jwt.SigningMethodHS256, jwt.WithAudience(name))
	}
	return i
}

func newParser(method jwt.SigningMethod, options ...jwt.ParserOption) *jwt.Parser {
	return jwt.NewParser(append(options,
		jwt.WithValidMethods([]string{method.Alg()}), jwt.WithExpirationRequired(), jwt.WithLeeway(clockSkew))...)
}

// PerAudience reports whether each service that is called needs a token of its own.
func (i *Internal) PerAudience() bool { return i.name != "" }

// Sign returns a token for requests to a service on behalf of c. It expires after a
// minute, which bounds both its misuse and the duration of a request that forwards
// it.
//
// With a shared secret the audience has no effect. With keys the request's ID is not
// in the token and travels in a header of its own: requests of one caller within
// seconds have the same token, which is signed and verified once.
func (i *Internal) Sign(c Caller, audience string) string {
	const usual = 512 // bytes of claims
	now, claims := i.now(), make([]byte, 0, usual)
	if !i.PerAudience() {
		return i.signer.sign(appendClaims(claims, &c, internalIssuer, "", now))
	}
	c.RequestID = ""
	if audience != SessionService {
		c.UserAgent, c.IPCountry = "", ""
	}
	key := appendClaims(claims, &c, i.name, audience, time.Unix(0, 0))
	token, found := i.signed.find(key, now)
	if !found {
		token = i.signer.sign(appendClaims(make([]byte, 0, usual), &c, i.name, audience, now))
		i.signed.add(string(key), token, now.Add(reusedUntil))
		// A service of this process need not verify what this process has signed. It
		// would refuse the rest.
		if peer := i.peers(audience); peer != nil && mayAct(i.name, c.Actor) == nil {
			peer.add(token, carried(c), now.Add(internalLifetime+clockSkew))
		}
	}
	return token
}

// carried is the caller that Verify returns for a token of c: without what the token
// does not have.
func carried(c Caller) Caller {
	c.Scopes = append([]string(nil), c.Scopes...)
	c.OnBehalfOf = Actor{Kind: c.OnBehalfOf.Kind, ID: c.OnBehalfOf.ID}
	c.RequestID, c.Expires, c.PerMinute = "", time.Time{}, 0
	return c
}

// Verify returns the caller of a valid token. Clocks may differ by five seconds.
func (i *Internal) Verify(token string) (Caller, error) {
	if i.verified != nil {
		if caller, found := i.verified.find([]byte(token), i.now()); found {
			return caller, nil
		}
	}
	var claims internalClaims
	_, err := i.parser.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) {
		if key := i.key(claims.Issuer); key != nil {
			return key, nil
		}
		return nil, fmt.Errorf("unknown issuer %q", claims.Issuer)
	})
	if err != nil {
		return Caller{}, err
	}
	caller := Caller{
		Actor: Actor{
			Kind: claims.Kind, ID: claims.Subject, GuestID: claims.GuestID, CartMerge: claims.CartMerge,
			SessionID: claims.SessionID, Scopes: claims.Scopes,
		},
		Locale: claims.Locale, Currency: claims.Currency, Unsold: claims.Unsold, Country: claims.Country, RequestID: claims.RequestID,
		Address: claims.Address, Bot: claims.Bot != "", UserAgent: claims.UserAgent, IPCountry: claims.IPCountry,
		OnBehalfOf: Actor{Kind: claims.OnBehalfOfKind, ID: claims.OnBehalfOf},
	}
	if i.PerAudience() {
		if err := mayAct(claims.Issuer, caller.Actor); err != nil {
			return Caller{}, err
		}
		i.verified.add(token, caller, claims.ExpiresAt.Add(clockSkew))
	}
	return caller, nil
}

// mayAct returns an error if an issuer signed for an actor that is not its to name:
// the router names clients, and every service itself.
func mayAct(issuer string, a Actor) error {
	if a.Kind == Service && a.ID != issuer {
		return fmt.Errorf("a token of %s in the name of %s", issuer, a.ID)
	}
	if a.Kind != Service && issuer != RouterService {
		return fmt.Errorf("a token of %s for a client", issuer)
	}
	return nil
}

// Bearer is the token of an Authorization header, or "".
func Bearer(header string) string {
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
