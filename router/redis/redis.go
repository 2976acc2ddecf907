// Package redis is what the routers of one graph remember together.
//
// Nothing here is needed to answer: whoever asks Redis can do without. So a
// request waits at most Patience for it, and while it is away nobody waits at
// all but one who looks, now and then, whether it is back.
package redis

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// Patience is how long one request may wait for Redis.
const Patience = 50 * time.Millisecond

// After a failure Redis is left alone for a pause, which doubles with each
// further one.
const (
	firstPause   = 250 * time.Millisecond
	longestPause = 5 * time.Second
)

// ErrAway is returned without asking while Redis is left alone.
var ErrAway = errors.New("redis is away")

// Client asks one Redis. It is safe for concurrent use.
type Client struct {
	redis    *redis.Client
	patience time.Duration
	log      *slog.Logger
	now      func() time.Time

	mu    sync.Mutex
	pause time.Duration // 0 while Redis answers
	until time.Time     // before that nobody asks
}

// Open returns a client of the Redis at the URL, redis:// or rediss://. It
// does not connect yet: Redis may start later.
func Open(url string, log *slog.Logger) (*Client, error) { return OpenPatient(url, Patience, log) }

// OpenPatient is Open for a Redis that is further off than Patience allows.
func OpenPatient(url string, patience time.Duration, log *slog.Logger) (*Client, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout, options.PoolTimeout = patience, patience, patience, patience
	options.MaxRetries = -1
	options.DialerRetries = 1
	options.ContextTimeoutEnabled = true
	options.DisableIdentity = true
	return &Client{redis: redis.NewClient(options), patience: patience, log: log, now: time.Now}, nil
}

// Close ends all connections.
func (c *Client) Close() error { return c.redis.Close() }

// Do asks Redis once. The answer "there is no such key", redis.Nil of the
// library, is an answer and no failure.
func (c *Client) Do(ctx context.Context, ask func(ctx context.Context, r redis.Cmdable) error) error {
	if !c.mayAsk() {
		return ErrAway
	}
	// A caller who leaves is no sign of Redis's health.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.patience)
	defer cancel()
	err := ask(ctx, c.redis)
	if err == nil || isAnswer(err) {
		c.answered()
		return err
	}
	c.failed(err)
	return fmt.Errorf("ask redis: %w", err)
}

// isAnswer tells a Redis that says no from one that says nothing.
func isAnswer(err error) bool {
	_, answer := errors.AsType[redis.Error](err)
	return answer
}

// mayAsk lets everybody ask a Redis that answers, and one at the end of each
// pause.
func (c *Client) mayAsk() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if c.pause == 0 {
		return true
	}
	if now.Before(c.until) {
		return false
	}
	c.until = now.Add(c.pause)
	return true
}

func (c *Client) answered() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pause > 0 {
		c.log.Info("redis is back")
	}
	c.pause = 0
}

func (c *Client) failed(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pause == 0 {
		c.log.Warn("redis is away; going on without it", "err", err)
	}
	c.pause = min(max(2*c.pause, firstPause), longestPause)
	c.until = c.now().Add(c.pause)
}
