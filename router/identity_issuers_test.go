package router_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/router"
	"cartograph/router/gqlerr"
)

// ring is an issuer's keys of all kinds, published as a JWK set.
type ring struct {
	edwards   ed25519.PrivateKey
	elliptic  *ecdsa.PrivateKey
	wide      *ecdsa.PrivateKey // P-384
	rsa       *rsa.PrivateKey
	published []map[string]string
}

func newRing(t *testing.T) *ring {
	t.Helper()
	r := &ring{}
	var err error
	if _, r.edwards, err = ed25519.GenerateKey(rand.Reader); err != nil {
		t.Fatal(err)
	}
	if r.elliptic, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	if r.wide, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	if r.rsa, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	text := base64.RawURLEncoding.EncodeToString
	curve := func(kid, name string, k *ecdsa.PrivateKey) map[string]string {
		point, err := k.PublicKey.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		half := (len(point) - 1) / 2
		return map[string]string{"kty": "EC", "crv": name, "kid": kid, "x": text(point[1 : 1+half]), "y": text(point[1+half:])}
	}
	modulus := map[string]string{"kty": "RSA", "n": text(r.rsa.N.Bytes()), "e": text(big.NewInt(int64(r.rsa.E)).Bytes())}
	with := func(base map[string]string, pairs ...string) map[string]string {
		out := maps.Clone(base)
		for i := 0; i < len(pairs); i += 2 {
			out[pairs[i]] = pairs[i+1]
		}
		return out
	}
	r.published = []map[string]string{
		{"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": text(r.edwards.Public().(ed25519.PublicKey))},
		curve("ec", "P-256", r.elliptic), curve("wide", "P-384", r.wide),
		with(modulus, "kid", "rsa"), with(modulus, "kid", "locks", "use", "enc"), with(modulus, "kid", "pss", "alg", "PS256"),
		{"kty": "oct", "kid": "shared", "k": text([]byte(strings.Repeat("k", 32)))},
	}
	return r
}

func (r *ring) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	_ = json.NewEncoder(w).Encode(map[string]any{"keys": r.published})
}

// foreign is what another issuer writes.
func foreign(edit func(jwt.MapClaims)) jwt.MapClaims {
	c := jwt.MapClaims{
		"iss": "https://login.partner.example", "aud": "shop", "sub": "42", "exp": time.Now().Add(time.Minute).Unix(),
		"scp": []string{"orders:read", "cart:read"},
	}
	if edit != nil {
		edit(c)
	}
	return c
}

func foreignToken(t *testing.T, method jwt.SigningMethod, kid string, key any, c jwt.Claims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, c)
	token.Header["kid"] = kid
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func twoIssuers(t *testing.T, own, other string, algorithms ...string) *router.Identity {
	t.Helper()
	identity, err := router.NewIdentity(router.IdentityOptions{Issuers: []router.Issuer{
		router.OwnIssuer(own),
		{Name: "https://login.partner.example", Audience: "shop", KeysURL: other, Algorithms: algorithms, SubjectPrefix: "partner|"},
	}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return identity
}

func wantUnauthenticated(t *testing.T, what string, err error) {
	t.Helper()
	if problem, ok := errors.AsType[*gqlerr.Error](err); !ok || problem.Code() != gqlerr.Unauthenticated {
		t.Errorf("%s: %v, want UNAUTHENTICATED", what, err)
	}
}

func TestOtherIssuersNameCallersOfTheirOwn(t *testing.T) {
	t.Parallel()
	keys := newRing(t)
	theirs := httptest.NewServer(keys)
	t.Cleanup(theirs.Close)
	own := newSigner(t, "k1")
	ours := httptest.NewServer(own)
	t.Cleanup(ours.Close)
	identity := twoIssuers(t, ours.URL, theirs.URL)
	for name, token := range map[string]string{
		"EdDSA": foreignToken(t, jwt.SigningMethodEdDSA, "ed", keys.edwards, foreign(nil)),
		"ES256": foreignToken(t, jwt.SigningMethodES256, "ec", keys.elliptic, foreign(nil)),
		"RS256": foreignToken(t, jwt.SigningMethodRS256, "rsa", keys.rsa, foreign(nil)),
		"scopes as a text": foreignToken(t, jwt.SigningMethodRS256, "rsa", keys.rsa, foreign(func(c jwt.MapClaims) {
			delete(c, "scp")
			c["scope"] = "orders:read cart:read"
		})),
	} {
		for range 2 { // the second time it is cached
			caller, err := identity.Identify(t.Context(), requestWith("Authorization", "Bearer "+token))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			want := auth.Actor{Kind: auth.User, ID: "partner|42", Scopes: []string{"orders:read", "cart:read"}}
			if diff := cmp.Diff(want, caller.Actor); diff != "" {
				t.Errorf("%s: actor (-want +got):\n%s", name, diff)
			}
		}
	}
	token := signed(t, jwt.SigningMethodEdDSA, "k1", own.key(), claims(nil))
	if caller, err := identity.Identify(t.Context(), requestWith("Authorization", "Bearer "+token)); err != nil || caller.ID != "usr_1" {
		t.Errorf("our own issuer beside it: %+v, %v", caller, err)
	}
}

func TestAlgorithmsAndKeysAreNotConfused(t *testing.T) {
	t.Parallel()
	keys := newRing(t)
	theirs := httptest.NewServer(keys)
	t.Cleanup(theirs.Close)
	own := newSigner(t, "k1")
	ours := httptest.NewServer(own)
	t.Cleanup(ours.Close)
	pinned, all := twoIssuers(t, ours.URL, theirs.URL, "ES256"), twoIssuers(t, ours.URL, theirs.URL)
	wantUnauthenticated(t, "RS256 where ES256 is pinned",
		identified(t, pinned, foreignToken(t, jwt.SigningMethodRS256, "rsa", keys.rsa, foreign(nil))))
	if err := identified(t, pinned, foreignToken(t, jwt.SigningMethodES256, "ec", keys.elliptic, foreign(nil))); err != nil {
		t.Errorf("the pinned algorithm: %v", err)
	}
	theirOwn := foreign(func(c jwt.MapClaims) { c["iss"], c["aud"], c["kind"] = auth.Issuer, auth.Audience, "USER" })
	for name, token := range map[string]string{
		"another key's kind":           foreignToken(t, jwt.SigningMethodRS256, "ec", keys.rsa, foreign(nil)),
		"HS256 with a published key":   foreignToken(t, jwt.SigningMethodHS256, "shared", []byte(strings.Repeat("k", 32)), foreign(nil)),
		"HS256 with a public key":      foreignToken(t, jwt.SigningMethodHS256, "rsa", keys.rsa.N.Bytes(), foreign(nil)),
		"no algorithm":                 foreignToken(t, jwt.SigningMethodNone, "rsa", jwt.UnsafeAllowNoneSignatureType, foreign(nil)),
		"a key for encryption":         foreignToken(t, jwt.SigningMethodRS256, "locks", keys.rsa, foreign(nil)),
		"a key for another algorithm":  foreignToken(t, jwt.SigningMethodRS256, "pss", keys.rsa, foreign(nil)),
		"PS256":                        foreignToken(t, jwt.SigningMethodPS256, "pss", keys.rsa, foreign(nil)),
		"ES384":                        foreignToken(t, jwt.SigningMethodES384, "wide", keys.wide, foreign(nil)),
		"an unknown issuer":            foreignToken(t, jwt.SigningMethodRS256, "rsa", keys.rsa, foreign(func(c jwt.MapClaims) { c["iss"] = "https://evil.example" })),
		"no issuer":                    foreignToken(t, jwt.SigningMethodRS256, "rsa", keys.rsa, foreign(func(c jwt.MapClaims) { delete(c, "iss") })),
		"one issuer's key for another": foreignToken(t, jwt.SigningMethodRS256, "rsa", keys.rsa, theirOwn),
		"its Edwards key for another":  foreignToken(t, jwt.SigningMethodEdDSA, "ed", keys.edwards, theirOwn),
		"another audience":             foreignToken(t, jwt.SigningMethodRS256, "rsa", keys.rsa, foreign(func(c jwt.MapClaims) { c["aud"] = "elsewhere" })),
		"no expiry":                    foreignToken(t, jwt.SigningMethodRS256, "rsa", keys.rsa, foreign(func(c jwt.MapClaims) { delete(c, "exp") })),
		"no subject":                   foreignToken(t, jwt.SigningMethodRS256, "rsa", keys.rsa, foreign(func(c jwt.MapClaims) { delete(c, "sub") })),
		"a service":                    foreignToken(t, jwt.SigningMethodRS256, "rsa", keys.rsa, foreign(func(c jwt.MapClaims) { c["kind"] = "SERVICE" })),
		"without a key's id":           foreignToken(t, jwt.SigningMethodRS256, "", keys.rsa, foreign(nil)),
		"far too long":                 foreignToken(t, jwt.SigningMethodRS256, "rsa", keys.rsa, foreign(func(c jwt.MapClaims) { c["x"] = strings.Repeat("x", 10_000) })),
	} {
		wantUnauthenticated(t, name, identified(t, all, token))
	}
	// The JWK set alone must not make P-384 pass for the algorithm of P-256.
	wide := jwt.NewWithClaims(jwt.SigningMethodES256, foreign(nil))
	wide.Header["kid"] = "wide"
	if text, err := wide.SignedString(keys.wide); err == nil {
		wantUnauthenticated(t, "ES256 with P-384", identified(t, all, text))
	}
}

func identified(t *testing.T, identity *router.Identity, token string) error {
	t.Helper()
	_, err := identity.Identify(t.Context(), requestWith("Authorization", "Bearer "+token))
	return err
}

func TestACachedTokenStillExpires(t *testing.T) {
	t.Parallel()
	keys := newSigner(t, "k1")
	server := httptest.NewServer(keys)
	t.Cleanup(server.Close)
	// Outside the bubble, since its goroutines may not wait for a network.
	identity := identityFrom(t, server.URL)
	if err := identified(t, identity, signed(t, jwt.SigningMethodEdDSA, "k1", keys.key(), claims(nil))); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		token := signed(t, jwt.SigningMethodEdDSA, "k1", keys.key(), claims(func(c *auth.AccessClaims) {
			c.ExpiresAt = jwt.NewNumericDate(time.Now().Add(20 * time.Second))
		}))
		for step, want := range []bool{true, true, false} { // the clocks may differ by 30 s
			err := identified(t, identity, token)
			if want != (err == nil) {
				t.Errorf("after %d × 26 s: %v, want it accepted: %t", step, err, want)
			}
			time.Sleep(26 * time.Second)
		}
	})
}

func TestIssuersAreChecked(t *testing.T) {
	t.Parallel()
	for name, issuers := range map[string][]router.Issuer{
		"no name":         {{KeysURL: "http://keys.example"}},
		"no keys":         {{Name: "a"}},
		"twice":           {{Name: "a", KeysURL: "http://keys.example"}, {Name: "a", KeysURL: "http://keys.example"}},
		"a shared secret": {{Name: "a", KeysURL: "http://keys.example", Algorithms: []string{"HS256"}}},
		"no algorithm":    {{Name: "a", KeysURL: "http://keys.example", Algorithms: []string{"none"}}},
	} {
		if _, err := router.NewIdentity(router.IdentityOptions{Issuers: issuers}, slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func BenchmarkIdentifyAKnownToken(b *testing.B) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	keys := &signer{keys: map[string]ed25519.PrivateKey{"k1": key}}
	server := httptest.NewServer(keys)
	b.Cleanup(server.Close)
	identity, err := router.NewIdentity(router.IdentityOptions{Issuers: []router.Issuer{router.OwnIssuer(server.URL)}}, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims(nil))
	token.Header["kid"] = "k1"
	text, err := token.SignedString(key)
	if err != nil {
		b.Fatal(err)
	}
	request := requestWith("Authorization", "Bearer "+text)
	for b.Loop() {
		if _, err := identity.Identify(b.Context(), request); err != nil {
			b.Fatal(err)
		}
	}
}
