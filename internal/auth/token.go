package auth

import (
	"errors"
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
	SessionID string `json:"sid,omitempty"`
	Scope     string `json:"scope,omitempty"` // separated by spaces
}

// Actor returns the actor of the claims.
func (c AccessClaims) Actor() Actor {
	return Actor{
		Kind: c.Kind, ID: c.Subject, GuestID: c.GuestID, SessionID: c.SessionID, Scopes: strings.Fields(c.Scope),
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
	SessionID string   `json:"sid,omitempty"`
	Scopes    []string `json:"scp,omitempty"`
	Locale    string   `json:"loc,omitempty"`
	Currency  string   `json:"cur,omitempty"`
	Unsold    string   `json:"uns,omitempty"`
	Country   string   `json:"cty,omitempty"`
	RequestID string   `json:"rid,omitempty"`
	Address   string   `json:"adr,omitempty"`

	OnBehalfOf     string `json:"obo,omitempty"`
	OnBehalfOfKind Kind   `json:"obk,omitempty"`
}

// Internal signs and verifies the tokens between our services. All share one secret:
// whoever has it can act as anybody. It is safe for concurrent use.
type Internal struct {
	secret []byte
	signer *signer
	parser *jwt.Parser
	now    func() time.Time
}

// NewInternal takes a secret of at least 32 bytes that all services share.
func NewInternal(secret string) (*Internal, error) {
	if len(secret) < minSecret {
		return nil, errors.New("the internal token secret must have at least 32 bytes")
	}
	return &Internal{
		secret: []byte(secret),
		signer: newSigner([]byte(secret)),
		parser: jwt.NewParser(
			jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
			jwt.WithIssuer(internalIssuer), jwt.WithExpirationRequired(), jwt.WithLeeway(5*time.Second),
		),
		now: time.Now,
	}, nil
}

// Sign returns a token for requests on behalf of c. It expires after a minute, which
// bounds both its misuse and the duration of a request that forwards it.
func (i *Internal) Sign(c Caller) string {
	const usual = 512 // bytes of claims
	return i.signer.sign(appendClaims(make([]byte, 0, usual), &c, i.now()))
}

// Verify returns the caller of a valid token. Clocks may differ by five seconds.
func (i *Internal) Verify(token string) (Caller, error) {
	var claims internalClaims
	_, err := i.parser.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return i.secret, nil })
	if err != nil {
		return Caller{}, err
	}
	return Caller{
		Actor: Actor{
			Kind: claims.Kind, ID: claims.Subject, GuestID: claims.GuestID,
			SessionID: claims.SessionID, Scopes: claims.Scopes,
		},
		Locale: claims.Locale, Currency: claims.Currency, Unsold: claims.Unsold, Country: claims.Country, RequestID: claims.RequestID,
		Address: claims.Address, OnBehalfOf: Actor{Kind: claims.OnBehalfOfKind, ID: claims.OnBehalfOf},
	}, nil
}

// Bearer is the token of an Authorization header, or "".
func Bearer(header string) string {
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
