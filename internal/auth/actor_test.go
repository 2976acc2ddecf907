package auth_test

import (
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/locale"
)

func TestOwnersAreWhoAnActorIsAndWas(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		actor auth.Actor
		want  []string
	}{
		"nobody":               {auth.Actor{Kind: auth.Anonymous}, []string{}},
		"a guest":              {auth.Actor{Kind: auth.Guest, ID: "gst_1"}, []string{"gst_1"}},
		"a user":               {auth.Actor{Kind: auth.User, ID: "usr_ada"}, []string{"usr_ada"}},
		"a user, before guest": {auth.Actor{Kind: auth.User, ID: "usr_ada", GuestID: "gst_1"}, []string{"usr_ada", "gst_1"}},
	} {
		if diff := cmp.Diff(tt.want, tt.actor.Owners()); diff != "" {
			t.Errorf("%s: owners (-want +got):\n%s", name, diff)
		}
		for _, owner := range tt.actor.Owners() {
			if !tt.actor.Owns(owner) {
				t.Errorf("%s does not own what is %s's", name, owner)
			}
		}
	}
}

func TestGuestsAreNotSignedIn(t *testing.T) {
	t.Parallel()
	for kind, want := range map[auth.Kind]bool{
		auth.Anonymous: false, auth.Guest: false, auth.User: true, auth.APIClient: true, auth.Service: true, "": false,
	} {
		if got := (auth.Actor{Kind: kind}).SignedIn(); got != want {
			t.Errorf("%s is signed in: %v, want %v", kind, got, want)
		}
	}
}

func TestAContextWithoutACallerIsAnonymous(t *testing.T) {
	t.Parallel()
	if got := auth.From(t.Context()); got.Kind != auth.Anonymous || got.ID != "" || len(got.Scopes) != 0 {
		t.Errorf("caller = %+v, want no caller", got)
	}
	ctx := auth.With(t.Context(), auth.Caller{Locale: "de-AT"})
	if got := locale.From(ctx); got != "de-AT" {
		t.Errorf("locale = %q, want the caller's", got)
	}
}

func TestAnAccessTokenNamesItsActor(t *testing.T) {
	t.Parallel()
	claims := auth.AccessClaims{
		RegisteredClaims: jwt.RegisteredClaims{Subject: "usr_ada"},
		Kind:             auth.User, GuestID: "gst_1", CartMerge: "KEEP_GUEST", SessionID: "ses_1", Scope: " cart:read  orders:read:own ",
	}
	want := auth.Actor{Kind: auth.User, ID: "usr_ada", GuestID: "gst_1", CartMerge: "KEEP_GUEST", SessionID: "ses_1", Scopes: []string{"cart:read", "orders:read:own"}}
	if diff := cmp.Diff(want, claims.Actor()); diff != "" {
		t.Errorf("actor (-want +got):\n%s", diff)
	}
}

func TestABearerTokenIsReadWhateverTheCase(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"Bearer abc": "abc", "bearer abc": "abc", "BEARER  abc ": "abc",
		"": "", "abc": "", "Basic abc": "", "Bearer": "", "Bearer ": "", "Bearerabc": "",
	} {
		if got := auth.Bearer(header); got != want {
			t.Errorf("Bearer(%q) = %q, want %q", header, got, want)
		}
	}
}

func TestAServiceActsForWhoeverCalledIt(t *testing.T) {
	t.Parallel()
	guest := auth.Caller{Actor: auth.Actor{Kind: auth.Guest, ID: "gst_1", Scopes: []string{"cart:read"}}, Address: "192.0.2.1"}
	first := guest.As("order")
	second := first.As("inventory")
	for name, c := range map[string]auth.Caller{"one call": first, "a call of the called": second} {
		if got := c.Accountable(); got.Kind != auth.Guest || got.ID != "gst_1" || got.Scopes != nil {
			t.Errorf("%s: accountable is %+v, want the guest without scopes", name, got)
		}
		if c.Kind != auth.Service || c.Owns("gst_1") || c.Has("cart:read") || c.Address != guest.Address {
			t.Errorf("%s: %+v, want a service at the guest's address that owns nothing of the guest", name, c)
		}
	}
	if got := (auth.Caller{Actor: auth.Actor{Kind: auth.Anonymous}}).As("order").Accountable(); got.ID != "order" {
		t.Errorf("for no actor, accountable is %+v, want the service", got)
	}
	forged := auth.Caller{Actor: auth.Actor{Kind: auth.Guest, ID: "gst_1"}, OnBehalfOf: auth.Actor{Kind: auth.User, ID: "usr_ada"}}
	if got := forged.Accountable(); got.ID != "gst_1" {
		t.Errorf("a guest on behalf of a user: accountable is %+v, want the guest", got)
	}
}

func TestANetworkIsWhatOneCustomerCannotChange(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1", "2001:db8:1:2:3::4": "2001:db8:1:2::/64",
		"fe80::1%eth0": "fe80::/64", "": "unknown", "example.com": "unknown",
	} {
		if got := (auth.Caller{Address: address}).Network(); got != want {
			t.Errorf("network of %q = %s, want %s", address, got, want)
		}
	}
}
