// Package redis connects a router to the state that it shares with the other
// routers of one graph: rate limits and persisted documents.
//
// Redis is optional at every moment: each caller has a fallback in process. So a
// command waits no longer than Timeout, and after a failure commands are
// skipped for a pause instead of costing every request that wait.
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

// Timeout bounds one command: connecting, writing and reading.
const Timeout = 50 * time.Millisecond

// After a failure no command is sent for a pause, which doubles with each
// further failure.
const (
	minPause = 250 * time.Millisecond
	maxPause = 5 * time.Second
)

// ErrUnavailable is returned without a command while Redis is skipped.
var ErrUnavailable = errors.New("redis is unavailable")

// Client sends commands to one Redis behind a circuit breaker. It is safe for
// concurrent use.
type Client struct {
	redis   *redis.Client
	timeout time.Duration
	log     *slog.Logger
	now     func() time.Time

	mu    sync.Mutex
	pause time.Duration // length of the current pause; 0: the circuit is closed
	until time.Time     // no command before then
}

// Open returns a client of the Redis at the URL, redis:// or rediss://. It
// does not connect yet, so Redis may start later than the router.
func Open(url string, log *slog.Logger) (*Client, error) { return OpenTimeout(url, Timeout, log) }

// OpenTimeout is Open with another bound on each command.
func OpenTimeout(url string, timeout time.Duration, log *slog.Logger) (*Client, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout, options.PoolTimeout = timeout, timeout, timeout, timeout
	// One attempt: a retry would exceed the timeout, and the pause already
	// decides when to try again.
	options.MaxRetries = -1
	options.DialerRetries = 1
	options.ContextTimeoutEnabled = true
	options.DisableIdentity = true
	return &Client{redis: redis.NewClient(options), timeout: timeout, log: log, now: time.Now}, nil
}

// Close closes all connections.
func (c *Client) Close() error { return c.redis.Close() }

// Do runs commands within the timeout, or returns ErrUnavailable. An error
// reply of Redis, such as redis.Nil for a missing key, is returned as it is and
// does not open the circuit.
func (c *Client) Do(ctx context.Context, run func(ctx context.Context, r redis.Cmdable) error) error {
	if !c.allow() {
		return ErrUnavailable
	}
	// Without the caller's cancellation: a client that disconnects would
	// otherwise count as a failure of Redis and open the circuit for all.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.timeout)
	defer cancel()
	err := run(ctx, c.redis)
	if err == nil || isReply(err) {
		c.succeeded()
		return err
	}
	c.failed(err)
	return fmt.Errorf("redis: %w", err)
}

// isReply distinguishes an error reply from a failure to get any reply.
func isReply(err error) bool {
	_, reply := errors.AsType[redis.Error](err)
	return reply
}

// allow passes every command while the circuit is closed, and one probe at the
// end of each pause.
func (c *Client) allow() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if c.pause == 0 {
		return true
	}
	if now.Before(c.until) {
		return false
	}
	c.until = now.Add(c.pause) // others keep skipping while this one probes
	return true
}

func (c *Client) succeeded() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pause > 0 {
		c.log.Info("redis is available again")
	}
	c.pause = 0
}

func (c *Client) failed(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pause == 0 {
		c.log.Warn("redis is unavailable, continuing without it", "err", err)
	}
	c.pause = min(max(2*c.pause, minPause), maxPause)
	c.until = c.now().Add(c.pause)
}
