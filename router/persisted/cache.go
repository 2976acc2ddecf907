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

// recent holds texts by their hash, the latest used. It is bounded by their
// number and by their bytes.
type recent struct {
	most int // bytes

	mu    sync.Mutex
	texts *simplelru.LRU[string, string]
	bytes int
}

func newRecent(entries, bytes int) *recent {
	r := &recent{most: bytes}
	texts, err := simplelru.NewLRU(entries, func(_, text string) { r.bytes -= len(text) })
	if err != nil { // of no size
		panic(err)
	}
	r.texts = texts
	return r
}

func (r *recent) get(hash string) (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.texts.Get(hash)
}

// add keeps a text. One that is there already stays: its hash says that it is
// the same.
func (r *recent) add(hash, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.texts.Contains(hash) || len(text) > r.most {
		return
	}
	r.bytes += len(text)
	r.texts.Add(hash, text)
	for r.bytes > r.most {
		r.texts.RemoveOldest()
	}
}

// shared holds texts for all routers.
type shared struct {
	client *redis.Client
	log    *slog.Logger
}

const (
	keyPrefix = "router:document:"
	keptFor   = 7 * 24 * time.Hour // since it was last used
)

func (s *shared) get(ctx context.Context, hash string) (string, bool) {
	var text string
	err := s.client.Do(ctx, func(ctx context.Context, r goredis.Cmdable) (err error) {
		text, err = r.GetEx(ctx, keyPrefix+hash, keptFor).Result()
		return err
	})
	if err != nil {
		if !errors.Is(err, goredis.Nil) {
			s.log.DebugContext(ctx, "persisted document from redis", "err", err)
		}
		return "", false
	}
	if sum := sha256.Sum256([]byte(text)); hex.EncodeToString(sum[:]) != hash {
		s.log.WarnContext(ctx, "redis holds another document under this hash", "hash", hash)
		return "", false
	}
	return text, true
}

func (s *shared) add(ctx context.Context, hash, text string) {
	err := s.client.Do(ctx, func(ctx context.Context, r goredis.Cmdable) error {
		return r.Set(ctx, keyPrefix+hash, text, keptFor).Err()
	})
	if err != nil {
		s.log.DebugContext(ctx, "persisted document to redis", "err", err)
	}
}
