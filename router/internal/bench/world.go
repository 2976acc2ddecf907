package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"go.yaml.in/yaml/v3"

	"cartograph/internal/auth"
	"cartograph/router/internal/benchgraph"
	"cartograph/router/internal/fakesubgraph"
)

// world is what routers meet: subgraphs, who publishes keys, and a caller.
type world struct {
	folder    string
	subgraphs map[string]string // URLs by name
	keysURL   string
	token     string

	listeners []net.Listener
	work      sync.WaitGroup
}

func newWorld(ctx context.Context) (*world, error) {
	folder, err := os.MkdirTemp("", "bench-router")
	if err != nil {
		return nil, err
	}
	w := &world{folder: folder, subgraphs: map[string]string{}}
	if err := w.start(ctx); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

func (w *world) start(ctx context.Context) error {
	for name, graph := range benchgraph.Graphs() {
		listener, err := w.listen(ctx)
		if err != nil {
			return err
		}
		w.subgraphs[name] = "http://" + listener.Addr().String() + "/graphql"
		w.work.Go(func() {
			fakesubgraph.ServeCached(listener, graph, func(c net.Conn) { context.AfterFunc(ctx, func() { _ = c.Close() }) })
		})
	}
	if err := os.WriteFile(filepath.Join(w.folder, "supergraph.graphql"), []byte(benchgraph.SDL), 0o600); err != nil {
		return err
	}
	return w.publishKeys(ctx)
}

func (w *world) listen(ctx context.Context) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err == nil {
		w.listeners = append(w.listeners, listener)
	}
	return listener, err
}

// publishKeys serves the key that the caller's token is signed with.
func (w *world) publishKeys(ctx context.Context) error {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	now := time.Now()
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, auth.AccessClaims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: auth.Issuer, Audience: jwt.ClaimStrings{auth.Audience}, Subject: "usr_bench",
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(time.Hour)),
		},
		Kind: auth.User, SessionID: "ses_bench", Scope: "profile:read orders:read cart:write",
	})
	token.Header["kid"] = "bench"
	if w.token, err = token.SignedString(private); err != nil {
		return err
	}
	keys, err := json.Marshal(map[string]any{"keys": []map[string]string{{
		"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": "bench", "x": base64.RawURLEncoding.EncodeToString(public),
	}}})
	if err != nil {
		return err
	}
	listener, err := w.listen(ctx)
	if err != nil {
		return err
	}
	w.keysURL = "http://" + listener.Addr().String()
	server := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
		_, _ = out.Write(keys)
	})}
	w.work.Go(func() { _ = server.Serve(listener) })
	return nil
}

// configuration writes a router's file and returns its name. Limits are in
// force but so wide that no measured request meets one.
func (w *world) configuration(v variant) (string, error) {
	const wide = "1000000000:1000000000"
	text, err := yaml.Marshal(map[string]any{
		"supergraph": filepath.Join(w.folder, "supergraph.graphql"), "override_urls": w.subgraphs,
		"listen": "127.0.0.1:0", "operations": "127.0.0.1:0", "executor": v.executor, "client": v.client,
		"internal_secret": "this-signs-what-subgraphs-are-shown",
		"issuers":         []map[string]any{{"name": auth.Issuer, "audience": auth.Audience, "keys_url": w.keysURL, "algorithms": []string{"EdDSA"}}},
		"cost":            map[string]any{"anonymous": 1_000_000_000, "signed_in": 1_000_000_000},
		"rate_limit":      map[string]any{"enabled": true, "anonymous": wide, "user": wide},
	})
	if err != nil {
		return "", err
	}
	name := filepath.Join(w.folder, fmt.Sprintf("router-%s.yaml", v.file()))
	return name, os.WriteFile(name, text, 0o600)
}

func (w *world) close() {
	for _, listener := range w.listeners {
		_ = listener.Close()
	}
	_ = os.RemoveAll(w.folder)
}
