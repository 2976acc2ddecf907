package router

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/MicahParks/jwkset"
)

const (
	jwksTTL         = 5 * time.Minute        // after which known keys are fetched again
	jwksMinInterval = 30 * time.Second       // between fetches, whatever key ids tokens name
	jwksFirstRetry  = 500 * time.Millisecond // between fetches until the first succeeds
	jwksTimeout     = 3 * time.Second
	maxJWKSBytes    = 1 << 20
)

// errKeysUnavailable means that no token can be verified, valid or not.
var errKeysUnavailable = errors.New("signing keys of access tokens are unavailable")

// publishedKeys is a JWK set behind a URL. Any client can send tokens with invented
// key ids, so fetches are rate-limited. mu is held during a fetch: one runs at a
// time, and requests that need its result wait for it, at most jwksTimeout. Keys
// that were fetched stay valid while the URL fails.
type publishedKeys struct {
	jwkset.Storage
	url    string
	client *http.Client
	log    *slog.Logger

	mu      sync.Mutex
	tried   time.Time // last fetch
	fetched time.Time // last successful fetch
}

func newPublishedKeys(url string, log *slog.Logger) *publishedKeys {
	return &publishedKeys{
		Storage: jwkset.NewMemoryStorage(), url: url, log: log,
		client: &http.Client{Timeout: jwksTimeout},
	}
}

// KeyRead finds a key by its id. It fetches the set first if the key is unknown,
// which is how a rotation is noticed, or if the set is older than jwksTTL.
func (k *publishedKeys) KeyRead(ctx context.Context, kid string) (jwkset.JWK, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	key, err := k.Storage.KeyRead(ctx, kid)
	if k.due(err == nil) {
		k.tried = time.Now()
		if fetchErr := k.fetch(ctx); fetchErr != nil {
			k.log.ErrorContext(ctx, "fetch JWKS", "url", k.url, "err", fetchErr)
		} else {
			k.fetched = time.Now()
		}
		key, err = k.Storage.KeyRead(ctx, kid)
	}
	if err != nil && k.fetched.IsZero() {
		return jwkset.JWK{}, errKeysUnavailable
	}
	return key, err
}

// due reports whether the set is to be fetched now.
func (k *publishedKeys) due(known bool) bool {
	switch sinceTry := time.Since(k.tried); {
	case k.fetched.IsZero():
		return sinceTry > jwksFirstRetry
	case known:
		return time.Since(k.fetched) > jwksTTL && sinceTry > jwksMinInterval
	default:
		return sinceTry > jwksMinInterval
	}
}

func (k *publishedKeys) fetch(ctx context.Context) error {
	// Without the caller's cancellation: other requests wait for the result.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), jwksTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, k.url, nil)
	if err != nil {
		return err
	}
	response, err := k.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("unexpected status %s", response.Status)
	}
	var set jwkset.JWKSMarshal
	if err := json.NewDecoder(io.LimitReader(response.Body, maxJWKSBytes)).Decode(&set); err != nil {
		return fmt.Errorf("read key set: %w", err)
	}
	keys, err := set.JWKSlice()
	if err != nil {
		return fmt.Errorf("read key set: %w", err)
	}
	return k.KeyReplaceAll(ctx, keys)
}
