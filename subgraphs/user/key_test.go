package user

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"

	"cartograph/internal/auth"
)

// claimsOf reads a token without verifying it.
func claimsOf(t *testing.T, token string) auth.AccessClaims {
	t.Helper()
	var claims auth.AccessClaims
	if _, _, err := jwt.NewParser().ParseUnverified(token, &claims); err != nil {
		t.Fatalf("access token: %v", err)
	}
	return claims
}

// verifier verifies tokens as the router does, by the keys that are published
// when it is made.
func verifier(t *testing.T, s *Service) func(token string) error {
	t.Helper()
	w := httptest.NewRecorder()
	s.JWKS().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/.well-known/jwks.json", nil))
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/json" {
		t.Fatalf("JWKS: %d %s", w.Code, w.Body)
	}
	keys, err := keyfunc.NewJWKSetJSON(json.RawMessage(w.Body.Bytes()))
	if err != nil {
		t.Fatalf("%s: %v", w.Body, err)
	}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithIssuer(auth.Issuer),
		jwt.WithAudience(auth.Audience), jwt.WithExpirationRequired(), jwt.WithTimeFunc(s.Now),
	)
	return func(token string) error {
		var claims auth.AccessClaims
		_, err := parser.ParseWithClaims(token, &claims, keys.Keyfunc)
		return err
	}
}

func guestToken(t *testing.T, s *Service) string {
	t.Helper()
	tokens, err := s.StartGuest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return tokens.AccessToken
}

func TestAccessTokensVerifyByThePublishedKeys(t *testing.T) {
	t.Parallel()
	s, c := newServiceAndClock(t)
	token := guestToken(t, s)
	if err := verifier(t, s)(token); err != nil {
		t.Errorf("a fresh token: %v", err)
	}
	if err := verifier(t, newService(t))(token); err == nil {
		t.Error("a token verified by another shop's keys")
	}
	forged := jwt.NewWithClaims(jwt.SigningMethodHS256, claimsOf(t, token))
	parsed, _, err := jwt.NewParser().ParseUnverified(token, &auth.AccessClaims{})
	if err != nil {
		t.Fatal(err)
	}
	forged.Header["kid"] = parsed.Header["kid"]
	keys, err := s.keys.published(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	signed, err := forged.SignedString([]byte(keys[0].private.Public().(ed25519.PublicKey)))
	if err != nil {
		t.Fatal(err)
	}
	if err := verifier(t, s)(signed); err == nil {
		t.Error("a token signed with the public key as a secret verified")
	}
	c.advance(accessTokenTTL)
	if err := verifier(t, s)(token); err == nil {
		t.Error("a token outlived its 15 minutes")
	}
}

func TestJWKSAnswersGetOnly(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{http.MethodGet, "/.well-known/jwks.json", 200},
		{http.MethodHead, "/.well-known/jwks.json", 200},
		{http.MethodPost, "/.well-known/jwks.json", 405},
		{http.MethodGet, "/other", 404},
	} {
		w := httptest.NewRecorder()
		s.JWKS().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), c.method, c.path, nil))
		if w.Code != c.status {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, w.Code, c.status)
		}
	}
}

func TestRotationKeepsTokensValid(t *testing.T) {
	t.Parallel()
	s, c := newServiceAndClock(t)
	kid := func(token string) any {
		parsed, _, err := jwt.NewParser().ParseUnverified(token, &auth.AccessClaims{})
		if err != nil {
			t.Fatal(err)
		}
		return parsed.Header["kid"]
	}
	rotate := func() {
		if err := s.keys.rotate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	published := func(want int) {
		t.Helper()
		keys, err := s.keys.published(t.Context())
		if err != nil || len(keys) != want {
			t.Fatalf("%d keys are published (%v), want %d", len(keys), err, want)
		}
	}
	first := kid(guestToken(t, s))
	rotate()
	published(1) // not due yet

	c.advance(keyActive)
	rotate()
	published(2)
	if got := kid(guestToken(t, s)); got != first {
		t.Error("the new key signs before verifiers can have it")
	}
	known := verifier(t, s) // a verifier that reads now has both

	c.advance(keyPublishedBefore - time.Second)
	last := guestToken(t, s)
	c.advance(2 * time.Second)
	next := guestToken(t, s)
	if kid(last) != first || kid(next) == first {
		t.Errorf("keys %v and %v sign around the change, want the old and the new", kid(last), kid(next))
	}
	for _, token := range []string{last, next} {
		if err := known(token); err != nil {
			t.Errorf("a token of the change: %v", err)
		}
	}
	c.advance(accessTokenTTL - 5*time.Second)
	if err := verifier(t, s)(last); err != nil {
		t.Errorf("the last token of the old key: %v", err)
	}
	c.advance(keyPublishedAfter)
	published(1)
	for _, want := range []int{2, 1} {
		rotate()
		if n := count(t, s, "SELECT count(*) FROM signing_keys"); n != want {
			t.Errorf("%d keys are kept, want %d: a key is deleted by the database's clock", n, want)
		}
		execute(t, s, "UPDATE signing_keys SET retires_at = now() WHERE retires_at IS NOT NULL")
	}
}

func TestReplicasAgreeOnKeys(t *testing.T) {
	t.Parallel()
	s, c := newServiceAndClock(t)
	replicas := make([]*Service, 6)
	for i := range replicas {
		replicas[i] = serviceOn(s.pool)
		replicas[i].now = c.Now
	}
	together := func(want int) {
		t.Helper()
		var wg sync.WaitGroup
		for _, r := range replicas {
			wg.Go(func() {
				if err := r.keys.rotate(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := count(t, s, "SELECT count(*) FROM signing_keys"); n != want {
			t.Errorf("%d keys, want %d", n, want)
		}
	}
	together(1)
	c.advance(keyActive)
	together(2)
	verify := verifier(t, replicas[0])
	for _, r := range replicas[1:] {
		if err := verify(guestToken(t, r)); err != nil {
			t.Errorf("one replica's token by another's keys: %v", err)
		}
	}
}

func TestKeyRotationRunsUntilItsContextEnds(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.RunKeyRotation(ctx) }()
	deadline := time.After(20 * time.Second)
	for count(t, s, "SELECT count(*) FROM signing_keys") == 0 {
		select {
		case <-deadline:
			t.Fatal("no key was made")
		case <-time.After(10 * time.Millisecond):
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("rotation ended with %v", err)
	}
}
