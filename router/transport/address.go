package transport

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"

	"cartograph/internal/auth"
)

// ClientAddress is the network address of the client. X-Forwarded-For is read
// from its end, one entry for each trusted proxy: entries before those were sent
// by the client and may be forged. Fewer entries than proxies mean that the
// request bypassed a proxy and may have forged them all; the address of the
// connection is used then.
func ClientAddress(r *http.Request, proxies int) string {
	address, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		address = r.RemoteAddr
	}
	if proxies <= 0 {
		return address
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	if len(hops) < proxies {
		return address
	}
	if hop, err := netip.ParseAddr(strings.TrimSpace(hops[len(hops)-proxies])); err == nil {
		return hop.Unmap().String()
	}
	return address
}

// clientOf is the key by which streams are counted: the actor, or the address of
// an anonymous one.
func (h *Handler) clientOf(caller auth.Caller, r *http.Request) string {
	if caller.ID != "" {
		return caller.ID
	}
	return ClientAddress(r, h.options.Proxies)
}

// counter bounds what each client holds open.
type counter struct {
	limit int

	mu   sync.Mutex
	held map[string]int
}

func newCounter(limit int) *counter { return &counter{limit: limit, held: map[string]int{}} }

// enter counts one more, unless the client is at its limit.
func (c *counter) enter(client string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held[client] >= c.limit {
		return false
	}
	c.held[client]++
	return true
}

// leave forgets clients that hold nothing, so that the map stays bounded by what is
// open.
func (c *counter) leave(client string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held[client]--; c.held[client] == 0 {
		delete(c.held, client)
	}
}
