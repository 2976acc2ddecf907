package router

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"
)

// ErrNoSuchKey says that a key was never given, or not any more.
var ErrNoSuchKey = errors.New("no such API key")

// APIKey is what is known of a partner's key. The key itself is known to the
// partner only.
type APIKey struct {
	ID        string // of the client, as subgraphs see it
	Name      string
	SHA256    string // of the key, in hexadecimal
	Scopes    []string
	PerMinute int // what its operations may cost together in a minute; 0: as the policy says
}

// APIKeyOptions say where keys are known.
type APIKeyOptions struct {
	Fixed []APIKey
	// Verify asks a service for the client whose key has this SHA-256. It
	// answers ErrNoSuchKey where there is none, and any other error where
	// nobody can tell now. Nil: the fixed keys are all.
	Verify func(ctx context.Context, sha256 []byte) (APIKey, error)
}

// For how long an answer about a key is believed: a key that is taken back
// works that much longer, and a new one starts that much later. While the
// service is away, keys that it knew go on for a while.
const (
	keyBelieved    = time.Minute
	keyDoubted     = 5 * time.Second
	keyOutlives    = 15 * time.Minute
	rememberedKeys = 10_000
	longestKey     = 256 // bytes
	keyLookups     = 32  // at once: strangers may send keys that they made up
	keyPatience    = 2 * time.Second
)

// APIKeys finds clients by their keys. It is safe for concurrent use.
type APIKeys struct {
	fixed   map[[sha256.Size]byte]APIKey
	verify  func(ctx context.Context, sha256 []byte) (APIKey, error)
	known   *lru.Cache[[sha256.Size]byte, keyAnswer]
	unknown *lru.Cache[[sha256.Size]byte, time.Time] // apart, so that made-up keys push nobody out
	lookups chan struct{}
	flight  singleflight.Group
}

type keyAnswer struct {
	key   APIKey
	asked time.Time
}

// NewAPIKeys checks the fixed keys.
func NewAPIKeys(o APIKeyOptions) (*APIKeys, error) {
	k := &APIKeys{fixed: map[[sha256.Size]byte]APIKey{}, verify: o.Verify, lookups: make(chan struct{}, keyLookups)}
	for _, key := range o.Fixed {
		sum, err := hex.DecodeString(key.SHA256)
		switch {
		case key.ID == "":
			return nil, fmt.Errorf("API key %q has no id", key.Name)
		case err != nil || len(sum) != sha256.Size:
			return nil, fmt.Errorf("API key %s: sha256 must be the %d hexadecimal digits of the key's SHA-256", key.ID, 2*sha256.Size)
		case key.PerMinute < 0:
			return nil, fmt.Errorf("API key %s: %d a minute is no rate", key.ID, key.PerMinute)
		}
		if other, ok := k.fixed[[sha256.Size]byte(sum)]; ok {
			return nil, fmt.Errorf("API keys %s and %s are the same key", other.ID, key.ID)
		}
		k.fixed[[sha256.Size]byte(sum)] = key
	}
	var err error
	if k.known, err = lru.New[[sha256.Size]byte, keyAnswer](rememberedKeys); err != nil {
		return nil, err
	}
	k.unknown, err = lru.New[[sha256.Size]byte, time.Time](rememberedKeys)
	return k, err
}

// find is whose key it is, or ErrNoSuchKey. Keys are compared by their hash,
// so the time that it takes tells nothing.
func (k *APIKeys) find(ctx context.Context, key string) (APIKey, error) {
	if len(key) > longestKey {
		return APIKey{}, ErrNoSuchKey
	}
	sum := sha256.Sum256([]byte(key))
	if fixed, ok := k.fixed[sum]; ok {
		return fixed, nil
	}
	if k.verify == nil {
		return APIKey{}, ErrNoSuchKey
	}
	now := time.Now()
	answer, known := k.known.Get(sum)
	if known && now.Sub(answer.asked) < keyBelieved {
		return answer.key, nil
	}
	if asked, ok := k.unknown.Get(sum); ok && now.Sub(asked) < keyDoubted {
		return APIKey{}, ErrNoSuchKey
	}
	found, err := k.ask(ctx, sum)
	if err != nil && !errors.Is(err, ErrNoSuchKey) && known && now.Sub(answer.asked) < keyOutlives {
		return answer.key, nil
	}
	return found, err
}

// ask asks the service; requests with the same key wait for one answer.
func (k *APIKeys) ask(ctx context.Context, sum [sha256.Size]byte) (APIKey, error) {
	found, err, _ := k.flight.Do(string(sum[:]), func() (any, error) {
		// The answer serves all who wait: it is waited for when the first of them leaves.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keyPatience)
		defer cancel()
		select {
		case k.lookups <- struct{}{}:
			defer func() { <-k.lookups }()
		case <-ctx.Done():
			return APIKey{}, ctx.Err()
		}
		asked := time.Now()
		found, err := k.verify(ctx, sum[:])
		switch {
		case err == nil:
			k.known.Add(sum, keyAnswer{found, asked})
		case errors.Is(err, ErrNoSuchKey):
			k.known.Remove(sum)
			k.unknown.Add(sum, asked)
		}
		return found, err
	})
	if err != nil {
		return APIKey{}, err
	}
	return found.(APIKey), nil
}
