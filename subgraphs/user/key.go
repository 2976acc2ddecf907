package user

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/auth"
	"cartograph/internal/id"
	"cartograph/internal/pg"
	"cartograph/subgraphs/user/db"
)

// The lifetime of a signing key. It is published a day before it signs, so that
// every verifier has it by then, and until its last token has expired.
const (
	keyActive           = 30 * 24 * time.Hour
	keyPublishedBefore  = 24 * time.Hour
	keyPublishedAfter   = time.Hour // accessTokenTTL and the skew of clocks
	keyCacheTTL         = time.Minute
	keyRotationInterval = time.Hour
)

const keyPrefix id.Prefix = "key"

// signingKey signs access tokens from activeFrom on.
type signingKey struct {
	id         string
	private    ed25519.PrivateKey
	activeFrom time.Time
}

// keyring holds the keys of the database, which all replicas share.
type keyring struct {
	pool *pgxpool.Pool
	now  func() time.Time

	mu   sync.Mutex
	keys []signingKey // by activeFrom
	read time.Time
}

// published returns the keys that verify tokens now. The first key is created on
// first use.
func (k *keyring) published(ctx context.Context) ([]signingKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if now := k.now(); len(k.keys) > 0 && now.Sub(k.read) < keyCacheTTL && !now.Before(k.read) {
		return k.keys, nil
	}
	keys, err := k.load(ctx)
	if err == nil && len(keys) == 0 {
		if err = k.rotate(ctx); err == nil {
			keys, err = k.load(ctx)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("signing keys: %w", err)
	}
	k.keys, k.read = keys, k.now()
	return keys, nil
}

func (k *keyring) load(ctx context.Context) ([]signingKey, error) {
	now := k.now()
	rows, err := db.New(k.pool).PublishedKeys(ctx, &now)
	if err != nil {
		return nil, err
	}
	keys := make([]signingKey, len(rows))
	for i, r := range rows {
		keys[i] = signingKey{id: r.ID, private: ed25519.NewKeyFromSeed(r.PrivateKey), activeFrom: r.ActiveFrom}
	}
	return keys, nil
}

// signing is the newest active key.
func (k *keyring) signing(ctx context.Context) (signingKey, error) {
	keys, err := k.published(ctx)
	if err != nil {
		return signingKey{}, err
	}
	now := k.now()
	for _, key := range slices.Backward(keys) {
		if !key.activeFrom.After(now) {
			return key, nil
		}
	}
	return signingKey{}, errors.New("no signing key is active yet")
}

// rotate creates a key if there is none or the newest one is due for replacement.
// The old key keeps signing until the new one is active. An advisory lock lets one
// of several replicas create it.
func (k *keyring) rotate(ctx context.Context) error {
	return pg.InTx(ctx, k.pool, func(tx pgx.Tx) error {
		q, now := db.New(tx), k.now()
		if err := q.LockKeyRotation(ctx); err != nil {
			return err
		}
		newest, err := q.NewestKey(ctx)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return create(ctx, q, now, now)
		case err != nil:
			return err
		case now.Before(newest.ActiveFrom.Add(keyActive)):
			_, err := q.DeleteRetiredKeys(ctx)
			return err
		}
		activeFrom := now.Add(keyPublishedBefore)
		retiresAt := activeFrom.Add(keyPublishedAfter)
		if err := q.RetireKey(ctx, db.RetireKeyParams{ID: newest.ID, RetiresAt: &retiresAt}); err != nil {
			return err
		}
		return create(ctx, q, activeFrom, now)
	})
}

func create(ctx context.Context, q *db.Queries, activeFrom, now time.Time) error {
	seed := make([]byte, ed25519.SeedSize)
	_, _ = rand.Read(seed) // never fails
	return q.CreateKey(ctx, db.CreateKeyParams{
		ID: id.New(keyPrefix), PrivateKey: seed, ActiveFrom: activeFrom, Now: now,
	})
}

// sign returns the claims as a token that names its key.
func (k signingKey) sign(claims auth.AccessClaims) (string, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims)
	token.Header["kid"] = k.id
	return token.SignedString(k.private)
}

// RunKeyRotation creates new signing keys and deletes retired ones, until ctx
// ends.
func (s *Service) RunKeyRotation(ctx context.Context) error {
	return s.every(ctx, keyRotationInterval, "rotate signing keys", s.keys.rotate)
}

// every calls do at once and then at every interval. An error is logged and do
// retried at the next interval.
func (s *Service) every(ctx context.Context, interval time.Duration, what string, do func(context.Context) error) error {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, what, "err", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// jwk is a public key as RFC 8037 writes it.
type jwk struct {
	KeyType   string `json:"kty"`
	Curve     string `json:"crv"`
	X         string `json:"x"`
	ID        string `json:"kid"`
	Algorithm string `json:"alg"`
	Use       string `json:"use"`
}

// JWKS serves GET /.well-known/jwks.json: the public keys of access tokens,
// including those that are not active yet.
func (s *Service) JWKS() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/jwks.json", func(w http.ResponseWriter, r *http.Request) {
		keys, err := s.keys.published(r.Context())
		if err != nil {
			s.log.ErrorContext(r.Context(), "publish signing keys", "err", err)
			http.Error(w, "keys are not available", http.StatusServiceUnavailable)
			return
		}
		set := make([]jwk, len(keys))
		for i, k := range keys {
			public := k.private.Public().(ed25519.PublicKey)
			set[i] = jwk{
				KeyType: "OKP", Curve: "Ed25519", X: base64.RawURLEncoding.EncodeToString(public),
				ID: k.id, Algorithm: jwt.SigningMethodEdDSA.Alg(), Use: "sig",
			}
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "public, max-age=300")
		_ = json.NewEncoder(w).Encode(map[string][]jwk{"keys": set}) // the client may have gone
	})
	return mux
}
