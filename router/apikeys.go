package router

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"cartograph/internal/auth"
	"cartograph/internal/limiter"
	"cartograph/router/gqlerr"
	"cartograph/router/ratelimit"
)

// ErrUnknownKey means that a key was never issued, or was revoked.
var ErrUnknownKey = errors.New("unknown API key")

// APIKey is an API client and the hash of its key. The key itself is stored
// nowhere on this side.
type APIKey struct {
	ID        string // of the client, as subgraphs see it
	Name      string
	SHA256    string // of the key, in hexadecimal
	Scopes    []string
	PerMinute int // limit of its operations' cost in a minute; 0: the policy's
}

// APIKeyOptions are the sources of keys.
type APIKeyOptions struct {
	Fixed []APIKey
	// Verify calls a service for the client whose key has this SHA-256. It
	// returns ErrUnknownKey if there is none; any other error means that the
	// service failed. Nil: only the fixed keys exist.
	Verify func(ctx context.Context, sha256 []byte) (APIKey, error)
}

// Limits of the cache of keys. They bound how late a change is seen: a revoked
// key works for up to keyTTL, or keyStaleTTL while the service fails, and a new
// key may be refused for unknownKeyTTL after an attempt that came too early.
const (
	keyTTL         = time.Minute
	unknownKeyTTL  = 5 * time.Second
	keyStaleTTL    = 15 * time.Minute // of a known key while the service fails
	maxCachedKeys  = 10_000
	maxKeyBytes    = 256
	maxKeyLookups  = 32 // concurrent; an invented key is enough to cause one
	keyLookupLimit = 2 * time.Second
)

// newKeys is how often one network may send a key that is not cached as known.
// Beyond that its unknown keys are refused without a lookup, and known ones
// still work.
var newKeys = ratelimit.Rate{PerMinute: 30, Burst: 60}

// APIKeys finds clients by their keys. It is safe for concurrent use.
type APIKeys struct {
	fixed    map[[sha256.Size]byte]APIKey
	verify   func(ctx context.Context, sha256 []byte) (APIKey, error)
	known    *lru.Cache[[sha256.Size]byte, cachedKey]
	unknown  *lru.Cache[[sha256.Size]byte, time.Time] // apart from known, so that invented keys evict no real one
	lookups  *limiter.Limiter
	attempts *ratelimit.Local   // lookups of new keys, by network
	flight   singleflight.Group // lookups of the same key share one call
}

// cachedKey is a client and when the lookup that found it started.
type cachedKey struct {
	key      APIKey
	lookedUp time.Time
}

// NewAPIKeys checks the fixed keys.
func NewAPIKeys(o APIKeyOptions) (*APIKeys, error) {
	k := &APIKeys{fixed: map[[sha256.Size]byte]APIKey{}, verify: o.Verify, attempts: ratelimit.NewLocal(), lookups: limiter.New(limiter.Config{
		Concurrent: maxKeyLookups, Queue: limiter.Unbounded, // bounded by the requests in the router
	})}
	for _, key := range o.Fixed {
		sum, err := hex.DecodeString(key.SHA256)
		switch {
		case key.ID == "":
			return nil, fmt.Errorf("API key %q has no id", key.Name)
		case err != nil || len(sum) != sha256.Size:
			return nil, fmt.Errorf("API key %s: sha256 must be the %d hexadecimal digits of the key's SHA-256", key.ID, 2*sha256.Size)
		case key.PerMinute < 0:
			return nil, fmt.Errorf("API key %s: per_minute must not be negative, got %d", key.ID, key.PerMinute)
		}
		if other, ok := k.fixed[[sha256.Size]byte(sum)]; ok {
			return nil, fmt.Errorf("API keys %s and %s are the same key", other.ID, key.ID)
		}
		k.fixed[[sha256.Size]byte(sum)] = key
	}
	var err error
	if k.known, err = lru.New[[sha256.Size]byte, cachedKey](maxCachedKeys); err != nil {
		return nil, err
	}
	k.unknown, err = lru.New[[sha256.Size]byte, time.Time](maxCachedKeys)
	return k, err
}

// find returns the client of a key that was sent from an address, or
// ErrUnknownKey. Keys are compared by their hash, so that the time it takes reveals
// nothing of a key.
func (k *APIKeys) find(ctx context.Context, key, address string) (APIKey, error) {
	if len(key) > maxKeyBytes {
		return APIKey{}, ErrUnknownKey
	}
	sum := sha256.Sum256([]byte(key))
	if fixed, ok := k.fixed[sum]; ok {
		return fixed, nil
	}
	if k.verify == nil {
		return APIKey{}, ErrUnknownKey
	}
	now := time.Now()
	cached, known := k.known.Get(sum)
	if known && now.Sub(cached.lookedUp) < keyTTL {
		return cached.key, nil
	}
	if !known && !k.attempts.Allow(auth.Caller{Address: address}.Network(), newKeys) {
		return APIKey{}, gqlerr.New(gqlerr.RateLimited, "Too many unknown API keys were sent from this address. Try again later.").
			With("retryAfter", int(math.Ceil(60/newKeys.PerMinute)))
	}
	if lookedUp, ok := k.unknown.Get(sum); ok && now.Sub(lookedUp) < unknownKeyTTL {
		return APIKey{}, ErrUnknownKey
	}
	found, err := k.lookup(ctx, sum)
	if err != nil && !errors.Is(err, ErrUnknownKey) && known && now.Sub(cached.lookedUp) < keyStaleTTL {
		return cached.key, nil
	}
	return found, err
}

// forget makes the next request with a key of the client look it up, so that a key that
// was replaced or revoked is refused at once.
func (k *APIKeys) forget(clientID string) {
	for _, sum := range k.known.Keys() {
		if cached, ok := k.known.Peek(sum); ok && cached.key.ID == clientID {
			k.known.Remove(sum)
		}
	}
}

// lookup calls the service. Concurrent requests with the same key share one
// call, and all calls share maxKeyLookups places.
func (k *APIKeys) lookup(ctx context.Context, sum [sha256.Size]byte) (APIKey, error) {
	found, err, _ := k.flight.Do(string(sum[:]), func() (any, error) {
		// Without the caller's cancellation: others wait for the same result and
		// must not fail because the first client disconnected.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keyLookupLimit)
		defer cancel()
		if err := k.lookups.Acquire(ctx); err != nil {
			return APIKey{}, err
		}
		defer k.lookups.Release()
		// Before the call, so that a revocation that races with it is seen no
		// later than keyTTL after it.
		lookedUp := time.Now()
		found, err := k.verify(ctx, sum[:])
		switch {
		case err == nil:
			k.known.Add(sum, cachedKey{found, lookedUp})
		case errors.Is(err, ErrUnknownKey):
			k.known.Remove(sum)
			k.unknown.Add(sum, lookedUp)
		}
		return found, err
	})
	if err != nil {
		return APIKey{}, err
	}
	return found.(APIKey), nil
}
