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

// How long published keys are believed, how soon an unknown key makes us look
// again, and how soon when there are none yet.
const (
	keysFresh    = 5 * time.Minute
	unknownRetry = 30 * time.Second
	absentRetry  = 500 * time.Millisecond
	keysTimeout  = 3 * time.Second
	largestKeys  = 1 << 20 // bytes
)

// errKeysUnavailable says that no token can be verified now, good or bad.
var errKeysUnavailable = errors.New("the keys of access tokens are not available")

// publishedKeys is a JWK set behind a URL. Strangers may send tokens with key
// ids they made up, so fetches are rate-limited; one is made at a time and the
// others wait for it.
type publishedKeys struct {
	jwkset.Storage
	url    string
	client *http.Client
	log    *slog.Logger

	mu      sync.Mutex
	tried   time.Time // the last fetch
	fetched time.Time // the last that succeeded
}

func newPublishedKeys(url string, log *slog.Logger) *publishedKeys {
	return &publishedKeys{
		Storage: jwkset.NewMemoryStorage(), url: url, log: log,
		client: &http.Client{Timeout: keysTimeout},
	}
}

// KeyRead finds a key by its id, and looks at the URL again if it is not known
// or if what is known has grown old.
func (k *publishedKeys) KeyRead(ctx context.Context, kid string) (jwkset.JWK, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	key, err := k.Storage.KeyRead(ctx, kid)
	if k.due(err == nil) {
		k.tried = time.Now()
		if fetchErr := k.fetch(ctx); fetchErr != nil {
			k.log.ErrorContext(ctx, "fetch keys of access tokens", "url", k.url, "err", fetchErr)
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

func (k *publishedKeys) due(known bool) bool {
	switch sinceTry := time.Since(k.tried); {
	case k.fetched.IsZero():
		return sinceTry > absentRetry
	case known:
		return time.Since(k.fetched) > keysFresh && sinceTry > unknownRetry
	default:
		return sinceTry > unknownRetry
	}
}

func (k *publishedKeys) fetch(ctx context.Context) error {
	// The fetch serves all who wait: it goes on when the first of them leaves.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keysTimeout)
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
		return fmt.Errorf("answered %s", response.Status)
	}
	var set jwkset.JWKSMarshal
	if err := json.NewDecoder(io.LimitReader(response.Body, largestKeys)).Decode(&set); err != nil {
		return fmt.Errorf("read key set: %w", err)
	}
	keys, err := set.JWKSlice()
	if err != nil {
		return fmt.Errorf("read key set: %w", err)
	}
	return k.KeyReplaceAll(ctx, keys)
}
