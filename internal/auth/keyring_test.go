package auth_test

import (
	"cmp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	gocmp "github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
)

func keyring(t testing.TB) *auth.Keyring {
	t.Helper()
	k, err := auth.KeyringFromSecret(secret, "router", "user", "cart", "order", "payment")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func of(t testing.TB, k *auth.Keyring, service string) *auth.Internal {
	t.Helper()
	internal, err := k.Service(service)
	if err != nil {
		t.Fatal(err)
	}
	return internal
}

func ada() auth.Caller {
	return auth.Caller{
		Actor:  auth.Actor{Kind: auth.User, ID: "usr_ada", GuestID: "gst_1", CartMerge: "KEEP_GUEST", SessionID: "ses_1", Scopes: []string{"cart:read"}},
		Locale: "de-DE", Currency: "EUR", Country: "DE", RequestID: "req-1", Address: "192.0.2.1", Bot: true,
	}
}

func service(name string) auth.Caller {
	return auth.Caller{Actor: auth.Actor{Kind: auth.Service, ID: name}}
}

// Whether the services run in one process, where the verifier gets callers from the
// signer, must make no difference.
func TestATokenIsForOneService(t *testing.T) {
	t.Parallel()
	for name, other := range map[string]*auth.Keyring{"one process": nil, "two processes": keyring(t), "one process without keys": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := keyring(t)
			if name == "one process without keys" {
				k = auth.ProcessKeyring("router", "cart", "order", "payment")
			}
			verifiers := cmp.Or(other, k)
			cart, order := of(t, verifiers, "cart"), of(t, verifiers, "order")
			want := ada()
			want.OnBehalfOf = auth.Actor{Kind: auth.Guest, ID: "gst_2"}
			signed := want
			signed.OnBehalfOf.Scopes, signed.Expires, signed.PerMinute = []string{"cart:write"}, time.Now(), 7
			want.RequestID = "" // not in the token, as are the last three
			token := of(t, k, "router").Sign(signed, "cart")
			for range 2 { // the second time from the cache
				got, err := cart.Verify(token)
				if diff := gocmp.Diff(want, got); err != nil || diff != "" {
					t.Errorf("caller (-signed +verified): %v\n%s", err, diff)
				}
				if got, err := order.Verify(token); err == nil {
					t.Errorf("another service accepts it as %+v", got)
				}
			}
			for what, token := range map[string]string{
				"without an audience":                   of(t, k, "router").Sign(ada(), ""),
				"of a service in the name of a client":  of(t, k, "order").Sign(ada(), "cart"),
				"of a service in the name of another's": of(t, k, "order").Sign(service("payment"), "cart"),
			} {
				if got, err := cart.Verify(token); err == nil {
					t.Errorf("a token %s is accepted as %+v", what, got)
				}
			}
		})
	}
}

func TestATokenOfAProcessIsForThatProcess(t *testing.T) {
	t.Parallel()
	own, others := auth.ProcessKeyring("router", "cart"), auth.ProcessKeyring("router", "cart")
	token := of(t, own, "router").Sign(ada(), "cart") // its caller is not cached: cart does not run yet
	if _, err := of(t, own, "cart").Verify(token); err != nil {
		t.Error(err)
	}
	for name, stranger := range map[string]*auth.Keyring{"another such process": others, "a process with keys": keyring(t)} {
		if got, err := of(t, stranger, "cart").Verify(token); err == nil {
			t.Errorf("%s accepts it as %+v", name, got)
		}
		if got, err := of(t, own, "cart").Verify(of(t, stranger, "router").Sign(ada(), "cart")); err == nil {
			t.Errorf("a token of %s is accepted as %+v", name, got)
		}
	}
}

func TestNoServiceCanSignInTheNameOfAnother(t *testing.T) {
	t.Parallel()
	k := keyring(t)
	payment := of(t, k, "payment")
	for name, token := range map[string]string{
		"itself":         of(t, k, "order").Sign(service("order"), "payment"),
		"the router":     of(t, k, "router").Sign(service("router"), "payment"),
		"a router's ada": of(t, k, "router").Sign(ada(), "payment"),
	} {
		if _, err := payment.Verify(token); err != nil {
			t.Errorf("%s is refused: %v", name, err)
		}
	}
	forged := func(claims jwt.MapClaims) string {
		claims["exp"] = time.Now().Add(time.Minute).Unix()
		private, _ := k.Encoded("order")
		own, err := auth.PrivateKey(private)
		if err != nil {
			t.Fatal(err)
		}
		token, err := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims).SignedString(own)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	for name, token := range map[string]string{
		"a client":              of(t, k, "order").Sign(ada(), "payment"),
		"another service":       of(t, k, "order").Sign(service("cart"), "payment"),
		"the router":            of(t, k, "order").Sign(service("router"), "payment"),
		"the router's issuer":   forged(jwt.MapClaims{"iss": "router", "aud": "payment", "sub": "usr_ada", "kind": "USER"}),
		"an unknown issuer":     forged(jwt.MapClaims{"iss": "shipping", "aud": "payment", "sub": "shipping", "kind": "SERVICE"}),
		"no issuer":             forged(jwt.MapClaims{"aud": "payment", "sub": "order", "kind": "SERVICE"}),
		"the router in a list":  forged(jwt.MapClaims{"iss": []string{"router"}, "aud": "payment", "sub": "usr_ada", "kind": "USER"}),
		"a client of no kind":   of(t, k, "order").Sign(auth.Caller{}, "payment"),
		"the shared secret":     shared(t).Sign(ada(), "payment"),
		"the public key as MAC": withPublicKeyAsSecret(t, k),
	} {
		if got, err := payment.Verify(token); err == nil {
			t.Errorf("order can act as %s: %+v", name, got)
		}
	}
}

func shared(t *testing.T) *auth.Internal {
	t.Helper()
	internal, err := auth.NewInternal(secret)
	if err != nil {
		t.Fatal(err)
	}
	return internal
}

// withPublicKeyAsSecret is the known attack on verifiers that trust the header's alg.
func withPublicKeyAsSecret(t *testing.T, k *auth.Keyring) string {
	t.Helper()
	_, public := k.Encoded("router")
	claims := jwt.MapClaims{"iss": "router", "aud": "payment", "sub": "usr_ada", "kind": "USER", "exp": time.Now().Add(time.Minute).Unix()}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(strings.TrimPrefix(public, "router=")))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestATokenIsReusedForSecondsAndForOneCallerOnly(t *testing.T) {
	t.Parallel()
	k := keyring(t)
	synctest.Test(t, func(t *testing.T) {
		router := of(t, k, "router")
		first := router.Sign(ada(), "cart")
		again := ada()
		again.RequestID = "req-2"
		if router.Sign(again, "cart") != first {
			t.Error("the next request of the caller has another token")
		}
		for name, change := range map[string]func(*auth.Caller){
			"user": func(c *auth.Caller) { c.ID = "usr_eve" }, "session": func(c *auth.Caller) { c.SessionID = "ses_2" },
			"scopes": func(c *auth.Caller) { c.Scopes = []string{"users:read"} }, "address": func(c *auth.Caller) { c.Address = "192.0.2.2" },
			"currency": func(c *auth.Caller) { c.Currency = "USD" }, "kind": func(c *auth.Caller) { c.Kind = auth.Guest },
		} {
			other := ada()
			change(&other)
			if router.Sign(other, "cart") == first {
				t.Errorf("a caller with another %s has the same token", name)
			}
		}
		if router.Sign(ada(), "order") == first {
			t.Error("another service gets the same token")
		}
		time.Sleep(16 * time.Second)
		if router.Sign(ada(), "cart") == first {
			t.Error("a token of 16 s is used again")
		}
	})
}

func TestAVerifiedTokenExpires(t *testing.T) {
	t.Parallel()
	k := keyring(t)
	synctest.Test(t, func(t *testing.T) {
		cart := of(t, k, "cart")
		token := of(t, k, "router").Sign(ada(), "cart")
		if _, err := cart.Verify(token); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute + 4*time.Second)
		if _, err := cart.Verify(token); err != nil {
			t.Errorf("4 s after it expired: %v, want it accepted, since clocks may differ by 5 s", err)
		}
		time.Sleep(2 * time.Second)
		if _, err := cart.Verify(token); err == nil {
			t.Error("a cached token is accepted 6 s after it expired")
		}
	})
}

func TestManyTokensDoNotGrowTheCache(t *testing.T) {
	t.Parallel()
	k := keyring(t)
	router, cart := of(t, k, "router"), of(t, k, "cart")
	for i := range 3000 {
		c := ada()
		c.ID = "usr_" + strconv.Itoa(i)
		if _, err := cart.Verify(router.Sign(c, "cart")); err != nil {
			t.Fatal(err)
		}
	}
	for name, n := range map[string]int{"signed": router.Cached(), "verified": cart.Cached()} {
		if n == 0 || n > 2048 {
			t.Errorf("%d %s tokens are kept, want some and 2048 at most", n, name)
		}
	}
}

func TestKeysAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	k := keyring(t)
	var public []string
	for _, name := range []string{"router", "cart", "order", "payment"} {
		_, p := k.Encoded(name)
		public = append(public, p)
	}
	private, _ := k.Encoded("cart")
	read, err := auth.ParseKeyring([]string{private}, public)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := of(t, read, "cart").Verify(of(t, k, "router").Sign(ada(), "cart")); err != nil {
		t.Error(err)
	}
	if _, err := read.Service("order"); err == nil {
		t.Error("a service without a private key signs")
	}
	orders, _ := k.Encoded("order")
	for name, bad := range map[string][2][]string{
		"no name":           {{}, {"abc"}},
		"not base64":        {{}, {"cart=?"}},
		"a short key":       {{}, {"cart=AAAA"}},
		"a key twice":       {{}, {public[0], public[0]}},
		"another's key":     {{"cart=" + strings.TrimPrefix(orders, "order=")}, public},
		"a private key":     {{"cart=x"}, public},
		"a key of nobody's": {{private}, public[2:]},
	} {
		_, err := auth.ParseKeyring(bad[0], bad[1])
		if err == nil {
			t.Errorf("%s is accepted", name)
		} else if strings.Contains(err.Error(), strings.TrimPrefix(orders, "order=")) {
			t.Errorf("the error quotes a private key: %v", err)
		}
	}
	if _, err := auth.KeyringFromSecret("short", "cart"); err == nil {
		t.Error("a short secret is accepted")
	}
}

func BenchmarkInternalTokens(b *testing.B) {
	k := keyring(b)
	router, cart := of(b, k, "router"), of(b, k, "cart")
	token := router.Sign(ada(), "cart")
	b.Run("sign", func(b *testing.B) {
		for b.Loop() {
			router.ClearCaches()
			router.Sign(ada(), "cart")
		}
	})
	b.Run("sign again", func(b *testing.B) {
		for b.Loop() {
			router.Sign(ada(), "cart")
		}
	})
	b.Run("verify", func(b *testing.B) {
		for b.Loop() {
			cart.ClearCaches()
			if _, err := cart.Verify(token); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("verify again", func(b *testing.B) {
		for b.Loop() {
			if _, err := cart.Verify(token); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func TestOnlyTheServiceOfSessionsGetsWhereACallerIs(t *testing.T) {
	t.Parallel()
	for name, other := range map[string]*auth.Keyring{"one process": nil, "two processes": keyring(t)} {
		k := keyring(t)
		verifiers, signed := cmp.Or(other, k), ada()
		signed.UserAgent, signed.IPCountry = "Firefox", "AT"
		for audience, want := range map[string]string{"cart": "", auth.SessionService: "Firefox AT"} {
			got, err := of(t, verifiers, audience).Verify(of(t, k, "router").Sign(signed, audience))
			if err != nil {
				t.Fatal(err)
			}
			if is := strings.TrimSpace(got.UserAgent + " " + got.IPCountry); is != want {
				t.Errorf("%s: %s gets %q, want %q", name, audience, is, want)
			}
		}
	}
}
