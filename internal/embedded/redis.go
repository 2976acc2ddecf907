package embedded

import (
	"cmp"
	"fmt"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// Redis is a server in this process. Its keys are in memory only: every user of
// Redis in this program treats it as a cache.
type Redis struct {
	server *miniredis.Miniredis
	stop   chan struct{}
	clock  sync.WaitGroup
}

// tick is how late a key may expire. The server can also check its clock with
// every command, but then each command visits every key.
const tick = time.Second

// StartRedis runs a server on the address, or on a free loopback port if it
// is empty. Keys expire by the clock.
func StartRedis(addr string) (*Redis, error) {
	server := miniredis.NewMiniRedis()
	if err := server.StartAddr(cmp.Or(addr, "127.0.0.1:0")); err != nil {
		return nil, fmt.Errorf("start Redis: %w", err)
	}
	r := &Redis{server: server, stop: make(chan struct{})}
	r.clock.Go(r.run)
	return r, nil
}

func (r *Redis) run() {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	last := time.Now()
	for {
		select {
		case now := <-ticker.C:
			r.server.FastForward(now.Sub(last))
			last = now
		case <-r.stop:
			return
		}
	}
}

// Addr returns the server's address, "127.0.0.1:port".
func (r *Redis) Addr() string { return r.server.Addr() }

// Close stops the server.
func (r *Redis) Close() {
	close(r.stop)
	r.clock.Wait()
	r.server.Close()
}
