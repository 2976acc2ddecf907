package persisted

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	goredis "github.com/redis/go-redis/v9"

	"cartograph/router/redis"
)

// memoryCache holds the most recently used texts by hash. It is bounded by their
// number and by their bytes. It is safe for concurrent use.
type memoryCache struct {
	maxBytes int

	mu    sync.Mutex
	texts *simplelru.LRU[string, string]
	bytes int // sum of the lengths of texts; the eviction callback keeps it
}

func newMemoryCache(entries, maxBytes int) *memoryCache {
	r := &memoryCache{maxBytes: maxBytes}
	texts, err := simplelru.NewLRU(entries, func(_, text string) { r.bytes -= len(text) })
	if err != nil { // only a size below 1
		panic(err)
	}
	r.texts = texts
	return r
}

func (r *memoryCache) get(hash string) (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.texts.Get(hash)
}

func (r *memoryCache) has(hash string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.texts.Contains(hash)
}

// add stores a text. One that is already there has the same hash, so it is the same
// text; adding it again would count its bytes twice.
func (r *memoryCache) add(hash, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.texts.Contains(hash) || len(text) > r.maxBytes {
		return
	}
	r.bytes += len(text)
	r.texts.Add(hash, text)
	for r.bytes > r.maxBytes {
		r.texts.RemoveOldest()
	}
}

// redisCache holds texts for all routers.
type redisCache struct {
	client *redis.Client
	log    *slog.Logger
}

const (
	keyPrefix = "router:document:"
	redisTTL  = 7 * 24 * time.Hour // since the last use
	newTTL    = 10 * time.Minute   // of a text that was not yet used by its hash
)

func (s *redisCache) get(ctx context.Context, hash string) (string, bool) {
	var text string
	err := s.client.Do(ctx, func(ctx context.Context, r goredis.Cmdable) (err error) {
		text, err = r.GetEx(ctx, keyPrefix+hash, redisTTL).Result()
		return err
	})
	if err != nil {
		if !errors.Is(err, goredis.Nil) {
			s.log.DebugContext(ctx, "read persisted document from redis", "err", err)
		}
		return "", false
	}
	// Redis is shared, and a text that does not match would run for every client
	// that sends its hash.
	if sum := sha256.Sum256([]byte(text)); hex.EncodeToString(sum[:]) != hash {
		s.log.WarnContext(ctx, "persisted document in redis does not match its hash", "hash", hash)
		return "", false
	}
	return text, true
}

func (s *redisCache) add(ctx context.Context, hash, text string) {
	err := s.client.Do(ctx, func(ctx context.Context, r goredis.Cmdable) error {
		return r.Set(ctx, keyPrefix+hash, text, newTTL).Err()
	})
	if err != nil {
		s.log.DebugContext(ctx, "write persisted document to redis", "err", err)
	}
}
