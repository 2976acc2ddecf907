package embedded

import (
	"cmp"
	"fmt"

	"github.com/alicebob/miniredis/v2"
)

// Redis is a server in this process. It forgets everything when it ends, as
// whoever uses Redis here must bear.
type Redis struct{ server *miniredis.Miniredis }

// StartRedis runs a server on the address, or on a free loopback port if it
// is empty. Keys expire by the clock.
func StartRedis(addr string) (*Redis, error) {
	server := miniredis.NewMiniRedis()
	server.ClockTTL(true)
	if err := server.StartAddr(cmp.Or(addr, "127.0.0.1:0")); err != nil {
		return nil, fmt.Errorf("start Redis: %w", err)
	}
	return &Redis{server: server}, nil
}

// Addr returns the server's address, "127.0.0.1:port".
func (r *Redis) Addr() string { return r.server.Addr() }

// Close stops the server.
func (r *Redis) Close() { r.server.Close() }
