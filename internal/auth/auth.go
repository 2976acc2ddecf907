// Package auth identifies the caller of a request, and authenticates it between
// our own services.
//
// Clients carry an access token of the User subgraph. The router verifies it
// once and sends each subgraph an internal token instead, which is valid for a
// minute and contains the caller. Subgraphs refuse requests without one.
package auth

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"cartograph/internal/locale"
)

// Kind of an actor.
type Kind string

// The kinds of actor.
const (
	Anonymous Kind = "ANONYMOUS"
	Guest     Kind = "GUEST" // has a cart, has no account
	User      Kind = "USER"
	APIClient Kind = "API_CLIENT"
	Service   Kind = "SERVICE" // one of our own, never a client
)

// Actor is who makes a request.
type Actor struct {
	Kind      Kind
	ID        string // usr_…, gst_…, or the role's name; empty for Anonymous
	GuestID   string // of the session before sign-in; the user owns what that guest owned
	CartMerge string // what becomes of that guest's cart, as the user chose at sign-in; empty: it is merged
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

// MaySeeCustomer reports whether the actor may see that something belongs to ownerID,
// and the personal data in it. Reading everybody's carts or orders is another
// right: a partner reports sales without the customers' names.
func (a Actor) MaySeeCustomer(ownerID string) bool {
	return a.Kind == Service || a.Owns(ownerID) || a.Has("customers:read")
}

// Owners lists the owner ids of the actor: a signed-in user's also contain the
// former guest's. For an anonymous actor it is empty but not nil: pgx encodes nil as
// NULL, and comparing with NULL is neither true nor false.
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

// Caller is an actor with the preferences and origin of its request.
type Caller struct {
	Actor
	Locale    string // BCP 47
	Currency  string // ISO 4217
	Unsold    string // the currency that was requested, if the shop does not sell in it; empty otherwise
	Country   string // ISO 3166-1 alpha-2
	RequestID string
	Bot       bool      // a program that browses by itself, such as a crawler, by its own account
	Address   string    // the client's IP address as the router sees it; empty if there is none
	UserAgent string    // the client's program, by its own account; for SessionService only
	IPCountry string    // where the client is, if that was stated; for SessionService only
	Expires   time.Time // when the caller's credentials end; zero if they do not; only in the router
	PerMinute int       // cost limit of an API client's key; zero: the policy's; only in the router
	// OnBehalfOf is whose request a Service carries out, by kind and id. It grants
	// nothing: it names who is accountable and whose limits apply. Empty where a
	// service acts by itself.
	OnBehalfOf Actor
}

// Accountable is the actor whose request this is: the caller, or the one on whose
// behalf a service calls. It is the service itself if that acts by itself.
func (c Caller) Accountable() Actor {
	if c.Kind == Service && c.OnBehalfOf.ID != "" {
		return c.OnBehalfOf
	}
	return c.Actor
}

// As returns c as a service presents it to another: the service calls, on behalf
// of whoever called it.
func (c Caller) As(service string) Caller {
	if a := c.Accountable(); a.ID != "" {
		c.OnBehalfOf = Actor{Kind: a.Kind, ID: a.ID}
	}
	c.Actor = Actor{Kind: Service, ID: service}
	return c
}

// Network is the part of the caller's address that one customer of a provider
// cannot change: an IPv4 address, or the /64 of an IPv6 address. Counting single
// IPv6 addresses would give each customer 2^64 of whatever is shared by address.
// Without an address it is "unknown".
func (c Caller) Network() string {
	ip, err := netip.ParseAddr(c.Address)
	if err != nil {
		return "unknown"
	}
	ip = ip.Unmap().WithZone("") // ::ffff:192.0.2.1 and 192.0.2.1 are one client
	if ip.Is6() {
		const customer = 64 // bits
		return netip.PrefixFrom(ip, customer).Masked().String()
	}
	return ip.String()
}

// RequestIDHeader carries the request's ID between services.
const RequestIDHeader = "X-Request-Id"

// WithRequestID returns the caller with the request's ID of the header, unless the
// token had one. It is for logs and correlation only.
func (c Caller) WithRequestID(h http.Header) Caller {
	const longest = 128
	if id := h.Get(RequestIDHeader); c.RequestID == "" && len(id) <= longest {
		c.RequestID = id
	}
	return c
}

type callerKey struct{}

// With returns a context with the caller.
func With(ctx context.Context, c Caller) context.Context {
	return context.WithValue(locale.With(ctx, c.Locale), callerKey{}, c)
}

// From returns the caller of ctx, Anonymous if it has none.
func From(ctx context.Context) Caller {
	if c, ok := ctx.Value(callerKey{}).(Caller); ok {
		return c
	}
	return Caller{Actor: Actor{Kind: Anonymous}, Locale: locale.Default, Currency: "USD", Country: "US"}
}
