package transport

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"

	"cartograph/internal/auth"
)

// Peer is the address of who asks. X-Forwarded-For is read from its end, for as
// many proxies as are ours: what stands before was written by somebody that we
// do not know. Fewer entries than proxies mean that one was passed by, and that
// whoever connected may have written them all: the connection's address counts.
func Peer(r *http.Request, proxies int) string {
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

// clientOf is whose streams are counted together: the actor's, or those of an
// address whose users have not said who they are.
func (h *Handler) clientOf(caller auth.Caller, r *http.Request) string {
	if caller.ID != "" {
		return caller.ID
	}
	return Peer(r, h.options.Proxies)
}

// tally counts what each client holds open.
type tally struct {
	most int

	mu   sync.Mutex
	held map[string]int
}

func newTally(most int) *tally { return &tally{most: most, held: map[string]int{}} }

// enter counts one more, unless the client holds the most already.
func (t *tally) enter(client string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held[client] >= t.most {
		return false
	}
	t.held[client]++
	return true
}

func (t *tally) leave(client string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held[client]--; t.held[client] == 0 {
		delete(t.held, client)
	}
}
