// Package auth says on whose behalf a request is made, and proves it between
// our own services.
//
// Clients carry an access token of the User subgraph. The router verifies it
// once and sends each subgraph an internal token instead: short-lived, naming
// the caller and nothing else. A subgraph that is reached without one refuses.
package auth

import (
	"context"
	"slices"
	"time"

	"cartograph/internal/locale"
)

// Kind is what sort of actor asks.
type Kind string

// The kinds of actor.
const (
	Anonymous Kind = "ANONYMOUS"
	Guest     Kind = "GUEST" // has a cart, has no account
	User      Kind = "USER"
	APIClient Kind = "API_CLIENT"
	Service   Kind = "SERVICE" // one of our own, never a client
)

// Actor is who asks.
type Actor struct {
	Kind      Kind
	ID        string // usr_…, gst_…, or the role's name; empty for Anonymous
	GuestID   string // who a user was before signing in; their guest cart is theirs
	SessionID string
	Scopes    []string
}

// Has reports whether the actor was granted the scope.
func (a Actor) Has(scope string) bool { return slices.Contains(a.Scopes, scope) }

// SignedIn reports whether the actor has an account or a key.
func (a Actor) SignedIn() bool {
	return a.Kind == User || a.Kind == APIClient || a.Kind == Service
}

// Owns reports whether what belongs to ownerID belongs to the actor.
func (a Actor) Owns(ownerID string) bool {
	return ownerID != "" && (ownerID == a.ID || ownerID == a.GuestID)
}

// Owners lists the owners whose things are the actor's: a signed-in user also
// owns what they had as a guest. Nobody owns nothing: the list is empty, not
// nil, so that SQL compares with it.
func (a Actor) Owners() []string {
	switch {
	case a.ID == "":
		return []string{}
	case a.GuestID == "":
		return []string{a.ID}
	default:
		return []string{a.ID, a.GuestID}
	}
}

// Caller is an actor and the choices that came with the request.
type Caller struct {
	Actor
	Locale    string // BCP 47
	Currency  string // ISO 4217
	Country   string // ISO 3166-1 alpha-2
	RequestID string
	Expires   time.Time // when the caller's credentials end; zero if they do not
	Address   string    // of the network, where the router saw it; like Expires, subgraphs are not told
	PerMinute int       // what an API client's key allows; zero: it does not say
}

type callerKey struct{}

// With returns a context for requests by c.
func With(ctx context.Context, c Caller) context.Context {
	return context.WithValue(locale.With(ctx, c.Locale), callerKey{}, c)
}

// From is the caller of ctx; Anonymous where nobody was named.
func From(ctx context.Context) Caller {
	if c, ok := ctx.Value(callerKey{}).(Caller); ok {
		return c
	}
	return Caller{Actor: Actor{Kind: Anonymous}, Locale: locale.Default, Currency: "USD", Country: "US"}
}
