package router_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/polltest"
	"cartograph/router"
	"cartograph/router/gqlerr"
)

// signer publishes keys and signs tokens with them.
type signer struct {
	mu      sync.Mutex
	keys    map[string]ed25519.PrivateKey
	fetches atomic.Int64
}

func newSigner(t *testing.T, kids ...string) *signer {
	t.Helper()
	s := &signer{keys: map[string]ed25519.PrivateKey{}}
	for _, kid := range kids {
		s.add(t, kid)
	}
	return s
}

func (s *signer) add(t *testing.T, kid string) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[kid] = key
}

func (s *signer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	s.fetches.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	var set struct {
		Keys []map[string]string `json:"keys"`
	}
	for kid, key := range s.keys {
		set.Keys = append(set.Keys, map[string]string{
			"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": kid,
			"x": base64.RawURLEncoding.EncodeToString(key.Public().(ed25519.PublicKey)),
		})
	}
	_ = json.NewEncoder(w).Encode(set)
}

// key is the one named k1.
func (s *signer) key() ed25519.PrivateKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys["k1"]
}

func claims(edit func(*auth.AccessClaims)) auth.AccessClaims {
	c := auth.AccessClaims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: auth.Issuer, Audience: jwt.ClaimStrings{auth.Audience}, Subject: "usr_1",
			ExpiresAt: jwt.NewNumericDate(time.Now().Add(time.Minute)),
		},
		Kind: auth.User, GuestID: "gst_1", CartMerge: "KEEP_GUEST", SessionID: "ses_1", Scope: "profile:read orders:read:own",
	}
	if edit != nil {
		edit(&c)
	}
	return c
}

func signed(t *testing.T, method jwt.SigningMethod, kid string, key any, c auth.AccessClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, c)
	if kid != "" {
		token.Header["kid"] = kid
	}
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func identityFrom(t *testing.T, url string) *router.Identity {
	t.Helper()
	identity, err := router.NewIdentity(router.IdentityOptions{Issuers: []router.Issuer{router.OwnIssuer(url)}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return identity
}

func requestWith(headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

func TestATokenNamesItsCaller(t *testing.T) {
	t.Parallel()
	keys := newSigner(t, "k1")
	server := httptest.NewServer(keys)
	t.Cleanup(server.Close)
	identity := identityFrom(t, server.URL)
	given := claims(nil)
	token := signed(t, jwt.SigningMethodEdDSA, "k1", keys.key(), given)
	got, err := identity.Identify(t.Context(), requestWith("Authorization", "Bearer "+token,
		"Accept-Language", "de-AT,de;q=0.9,en;q=0.5", "X-Currency", "eur", "X-Country", "at", "X-Request-Id", "req-1"))
	if err != nil {
		t.Fatal(err)
	}
	want := auth.Caller{
		Actor:  auth.Actor{Kind: auth.User, ID: "usr_1", GuestID: "gst_1", CartMerge: "KEEP_GUEST", SessionID: "ses_1", Scopes: []string{"profile:read", "orders:read:own"}},
		Locale: "de-AT", Currency: "EUR", Country: "AT", RequestID: "req-1", Expires: given.ExpiresAt.Time,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("caller (-want +got):\n%s", diff)
	}
	anonymous, err := identity.Identify(t.Context(), requestWith())
	if err != nil {
		t.Fatal(err)
	}
	if anonymous.Kind != auth.Anonymous || anonymous.Locale != "en-US" || anonymous.Currency != "USD" || anonymous.Country != "US" || anonymous.RequestID == "" {
		t.Errorf("caller without a token = %+v, want an anonymous one with defaults", anonymous)
	}
}

func TestTheReadersLanguageIsUnderstood(t *testing.T) {
	t.Parallel()
	identity := identityFrom(t, "http://127.0.0.1:1")
	for accept, want := range map[string]string{
		"": "en-US", "*": "en-US", "de": "de", "fr-CH, fr;q=0.9": "fr-CH", "en;q=0.3, sv;q=0.8": "sv",
		"nonsense!": "en-US", strings.Repeat("de,", 200): "en-US", "zh-Hant-TW": "zh-Hant-TW",
	} {
		caller, err := identity.Identify(t.Context(), requestWith("Accept-Language", accept))
		if err != nil || caller.Locale != want {
			t.Errorf("Accept-Language %.40q: %q %v, want %q", accept, caller.Locale, err, want)
		}
	}
}

func TestTokensThatDoNotHoldAreRefused(t *testing.T) {
	t.Parallel()
	keys := newSigner(t, "k1", "other")
	server := httptest.NewServer(keys)
	t.Cleanup(server.Close)
	identity := identityFrom(t, server.URL)
	key := keys.key()
	public := []byte(key.Public().(ed25519.PublicKey))
	_, foreign, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := signed(t, jwt.SigningMethodEdDSA, "k1", key, claims(nil))
	edited := func(edit func(*auth.AccessClaims)) string {
		return "Bearer " + signed(t, jwt.SigningMethodEdDSA, "k1", key, claims(edit))
	}
	for name, header := range map[string]string{
		"no bearer":                 "Basic dTpw",
		"nothing":                   "Bearer ",
		"nonsense":                  "Bearer nonsense",
		"HS256 with the public key": "Bearer " + signed(t, jwt.SigningMethodHS256, "k1", public, claims(nil)),
		"no algorithm":              "Bearer " + signed(t, jwt.SigningMethodNone, "k1", jwt.UnsafeAllowNoneSignatureType, claims(nil)),
		"a foreign key":             "Bearer " + signed(t, jwt.SigningMethodEdDSA, "k1", foreign, claims(nil)),
		"another key's id":          "Bearer " + signed(t, jwt.SigningMethodEdDSA, "other", key, claims(nil)),
		"an unknown key":            "Bearer " + signed(t, jwt.SigningMethodEdDSA, "k9", foreign, claims(nil)),
		"a changed letter":          "Bearer " + good[:len(good)-5] + strings.Map(func(r rune) rune { return r ^ 1 }, good[len(good)-5:len(good)-4]) + good[len(good)-4:],
		"expired":                   edited(func(c *auth.AccessClaims) { c.ExpiresAt = jwt.NewNumericDate(time.Now().Add(-time.Hour)) }),
		"without expiry":            edited(func(c *auth.AccessClaims) { c.ExpiresAt = nil }),
		"not yet":                   edited(func(c *auth.AccessClaims) { c.NotBefore = jwt.NewNumericDate(time.Now().Add(time.Hour)) }),
		"another issuer":            edited(func(c *auth.AccessClaims) { c.Issuer = "elsewhere" }),
		"another audience":          edited(func(c *auth.AccessClaims) { c.Audience = jwt.ClaimStrings{"elsewhere"} }),
		"one of our services":       edited(func(c *auth.AccessClaims) { c.Kind = auth.Service }),
		"nobody":                    edited(func(c *auth.AccessClaims) { c.Subject = "" }),
	} {
		_, err := identity.Identify(t.Context(), requestWith("Authorization", header))
		problem, ok := errors.AsType[*gqlerr.Error](err)
		if !ok || problem.Code() != gqlerr.Unauthenticated {
			t.Errorf("%s: %v, want UNAUTHENTICATED", name, err)
		}
	}
	if n := keys.fetches.Load(); n > 2 {
		t.Errorf("the keys were fetched %d times: strangers make us fetch", n)
	}
	for _, headers := range [][]string{{"X-Currency", "EURO"}, {"X-Currency", "E1R"}, {"X-Country", "Austria"}, {"X-Country", "UK"}, {"X-Country", "SU"}} {
		_, err := identity.Identify(t.Context(), requestWith(headers...))
		if problem, ok := errors.AsType[*gqlerr.Error](err); !ok || problem.Code() != gqlerr.BadUserInput {
			t.Errorf("%v: %v, want BAD_USER_INPUT", headers, err)
		}
	}
}

func TestKeysMayBePublishedAfterTheRouterStarts(t *testing.T) {
	t.Parallel()
	keys := newSigner(t, "k1")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	identity := identityFrom(t, "http://"+address)
	request := requestWith("Authorization", "Bearer "+signed(t, jwt.SigningMethodEdDSA, "k1", keys.key(), claims(nil)))
	_, err = identity.Identify(t.Context(), request)
	if _, refused := errors.AsType[*gqlerr.Error](err); err == nil || refused {
		t.Fatalf("without keys: %v, want an error that does not blame the client", err)
	}
	listener, err = net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: keys}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	polltest.Eventually(t, "the token is accepted", func() bool {
		caller, err := identity.Identify(t.Context(), request)
		return err == nil && caller.ID == "usr_1"
	})
}

func TestExpiredTokenIsA401(t *testing.T) {
	t.Parallel()
	keys := newSigner(t, "k1")
	server := httptest.NewServer(keys)
	t.Cleanup(server.Close)
	s := newShop(t, func(c *router.Config) { c.Identify = identityFrom(t, server.URL).Identify })
	token := signed(t, jwt.SigningMethodEdDSA, "k1", keys.key(), claims(func(c *auth.AccessClaims) {
		c.ExpiresAt = jwt.NewNumericDate(time.Now().Add(-time.Hour))
	}))
	got := s.post(t, `{ me { id } }`, "Authorization", "Bearer "+token)
	if got.Status != http.StatusUnauthorized || !cmp.Equal(got.codes(), []string{"UNAUTHENTICATED"}) {
		t.Errorf("answer %d %v, want 401 UNAUTHENTICATED", got.Status, got.codes())
	}
}
