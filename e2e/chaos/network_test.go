//go:build linux

package chaos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// balancer is the load balancer of a service: it connects to its replicas in turn,
// and to the next one where a connection is refused. It has no other health checks,
// so a replica that is paused receives its share.
type balancer struct {
	listener net.Listener

	mu       sync.Mutex
	backends []string
	next     int
	open     map[net.Conn]bool
}

func balance(t *testing.T, backends ...string) *balancer {
	t.Helper()
	b := &balancer{listener: listen(t), backends: backends, open: map[net.Conn]bool{}}
	var connections sync.WaitGroup
	connections.Go(func() {
		for {
			conn, err := b.listener.Accept()
			if err != nil {
				return
			}
			connections.Go(func() { b.forward(conn) })
		}
	})
	t.Cleanup(func() {
		_ = b.listener.Close()
		b.mu.Lock()
		for conn := range b.open {
			_ = conn.Close()
		}
		b.mu.Unlock()
		connections.Wait()
	})
	return b
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// point replaces the backends. Open connections continue.
func (b *balancer) point(backends ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.backends = backends
}

func (b *balancer) address() string { return b.listener.Addr().String() }

func (b *balancer) forward(client net.Conn) {
	defer func() { _ = client.Close() }()
	backend := b.dial()
	if backend == nil {
		return
	}
	defer func() { _ = backend.Close() }()
	b.mu.Lock()
	b.open[client], b.open[backend] = true, true
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.open, client)
		delete(b.open, backend)
	}()
	var directions sync.WaitGroup
	for from, to := range map[net.Conn]net.Conn{client: backend, backend: client} {
		directions.Go(func() {
			_, err := io.Copy(to, from)
			half, ok := to.(*net.TCPConn)
			if err != nil || !ok || half.CloseWrite() != nil {
				_ = to.Close()
			}
		})
	}
	directions.Wait()
}

// dial connects to the next backend that accepts; nil if none does.
func (b *balancer) dial() net.Conn {
	b.mu.Lock()
	backends, first := b.backends, b.next
	b.next++
	b.mu.Unlock()
	for i := range backends {
		if conn, err := net.DialTimeout("tcp", backends[(first+i)%len(backends)], time.Second); err == nil {
			return conn
		}
	}
	return nil
}

// network has a link before each service, which faults cut, silence or slow down.
type network struct {
	server *toxiproxy.ApiServer
	links  map[string]*link
}

// link is the way to a service, of all that call it.
type link struct {
	*toxiproxy.Proxy
	to *balancer
}

func newNetwork() *network {
	// The metrics of its API, which is not served, are not collected.
	return &network{server: toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), links: map[string]*link{}}
}

// link makes a link to the backends and returns its address.
func (n *network) link(t *testing.T, name string, backends ...string) string {
	t.Helper()
	b := balance(t, backends...)
	p := toxiproxy.NewProxy(n.server, name, "127.0.0.1:0", b.address())
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	n.links[name] = &link{p, b}
	return p.Listen
}

// cut closes the connections of a link and refuses new ones.
func (l *link) cut() mend {
	l.Stop()
	return func(context.Context) error { return l.Start() }
}

// silence keeps the connections of a link open and drops what is sent, as a network
// does that loses its packets. The connections are closed when the link recovers.
func (l *link) silence() (mend, error) { return l.toxic("timeout", `{"timeout": 0}`) }

// slow delays what is sent in both directions.
func (l *link) slow() (mend, error) {
	return l.toxic("latency", `{"latency": 150, "jitter": 100}`)
}

func (l *link) toxic(kind, attributes string) (mend, error) {
	for _, direction := range []string{"upstream", "downstream"} {
		_, err := l.Toxics.AddToxicJson(strings.NewReader(fmt.Sprintf(
			`{"name": "%s %[2]s", "type": "%[1]s", "stream": "%[2]s", "toxicity": 1, "attributes": %[3]s}`, kind, direction, attributes)))
		if err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context) error {
		return errors.Join(l.Toxics.RemoveToxic(ctx, kind+" upstream"), l.Toxics.RemoveToxic(ctx, kind+" downstream"))
	}, nil
}
