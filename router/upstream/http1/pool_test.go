package http1

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

func TestAConnectionServesManyRequests(t *testing.T) {
	t.Parallel()
	s := respond(t, complete)
	client := newClient(t, s, Options{})
	for range 20 {
		mustDo(t, client)
	}
	if n := s.conns.Load(); n != 1 {
		t.Errorf("%d connections for 20 requests in a row, want 1", n)
	}
	if _, err := client.Do(t.Context(), inAMinute(), Request{}, nil, true); err != nil || s.conns.Load() != 2 {
		t.Errorf("newConn: %v, %d connections; want a second", err, s.conns.Load())
	}
}

// TestAClosedConnectionIsNotUsed: the server closes each connection after its
// response without announcing it.
func TestAClosedConnectionIsNotUsed(t *testing.T) {
	t.Parallel()
	closed := make(chan struct{}, 10)
	s := serve(t, func(s *server, _ int64, c net.Conn) {
		if s.read(bufio.NewReader(c)) {
			_, _ = io.WriteString(c, complete)
		}
		_ = c.Close()
		closed <- struct{}{}
	})
	client := newClient(t, s, Options{})
	for range 5 {
		mustDo(t, client)
		<-closed
	}
	if n := s.requests.Load(); n != 5 {
		t.Errorf("%d requests, want 5", n)
	}
}

func TestUnsolicitedBytesAreNotTakenForAResponse(t *testing.T) {
	t.Parallel()
	sent := make(chan struct{})
	s := serve(t, func(s *server, number int64, c net.Conn) {
		for in := bufio.NewReader(c); s.read(in); {
			_, _ = fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d", number)
			if number == 1 {
				<-sent // the first response was read
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nothers")
				sent <- struct{}{}
			}
		}
	})
	client := newClient(t, s, Options{})
	for i := range 3 {
		got, err := client.Do(t.Context(), inAMinute(), Request{}, nil, false)
		if want := fmt.Sprint(min(i+1, 2)); err != nil || string(got.Body) != want {
			t.Errorf("response %d = %q, %v; want %q", i, got.Body, err, want)
		}
		if i == 0 {
			sent <- struct{}{}
			<-sent
		}
	}
}

// simultaneous makes n requests that are all in flight at once, each on a
// connection of its own.
func simultaneous(t *testing.T, n int, o Options) *Client {
	t.Helper()
	var together sync.WaitGroup
	together.Add(n)
	s := serve(t, func(s *server, _ int64, c net.Conn) {
		for in := bufio.NewReader(c); s.read(in); {
			if s.requests.Load() <= int64(n) {
				together.Done()
				together.Wait()
			}
			_, _ = io.WriteString(c, complete)
		}
	})
	client := newClient(t, s, o)
	var all sync.WaitGroup
	for range n {
		all.Go(func() { mustDo(t, client) })
	}
	all.Wait()
	return client
}

func TestIdleConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	if n := simultaneous(t, 5, Options{MaxIdleConns: 2}).IdleConns(); n != 2 {
		t.Errorf("%d idle connections, want at most 2", n)
	}
}

func TestIdleConnectionsExpire(t *testing.T) {
	t.Parallel()
	client := simultaneous(t, 3, Options{})
	pool := client.pool
	expired, kept := pool.conns[0], pool.conns[2]
	pool.mu.Lock()
	for _, c := range pool.conns[:2] {
		c.idleSince = c.idleSince.Add(-pool.idleTimeout)
	}
	pool.mu.Unlock()
	pool.expire()
	if n := client.IdleConns(); n != 1 || pool.conns[0] != kept || !pool.scheduled {
		t.Errorf("%d idle connections, next expiry scheduled %v; want the one of three that was used last", n, pool.scheduled)
	}
	if _, err := expired.Write(nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("write on an expired connection: %v, want it closed", err)
	}
	pool.mu.Lock()
	kept.idleSince = kept.idleSince.Add(-pool.idleTimeout)
	pool.mu.Unlock()
	pool.expire()
	if client.IdleConns() != 0 || pool.scheduled {
		t.Error("an empty pool has a timer")
	}
	mustDo(t, client)
	if !pool.scheduled {
		t.Error("the next idle connection has no timer")
	}
}

// TestTheTimerClosesIdleConnections: nothing but the pool's own timer runs.
func TestTheTimerClosesIdleConnections(t *testing.T) {
	t.Parallel()
	closed := make(chan struct{})
	client := newClient(t, serve(t, func(s *server, _ int64, c net.Conn) {
		in := bufio.NewReader(c)
		s.read(in)
		_, _ = io.WriteString(c, complete)
		_, _ = in.ReadByte()
		close(closed)
	}), Options{})
	client.pool.idleTimeout = 10 * time.Millisecond
	mustDo(t, client)
	select {
	case <-closed:
	case <-time.After(waitLimit):
		t.Error("the connection stays open")
	}
}

func TestCloseClosesIdleAndReturningConnections(t *testing.T) {
	t.Parallel()
	closed := make(chan struct{}, 2)
	release := make(chan struct{}, 2)
	s := serve(t, func(s *server, _ int64, c net.Conn) {
		in := bufio.NewReader(c)
		for s.read(in) {
			<-release
			_, _ = io.WriteString(c, complete)
		}
		closed <- struct{}{}
	})
	client := newClient(t, s, Options{})
	release <- struct{}{}
	mustDo(t, client) // idle
	returned := make(chan error)
	go func() {
		_, err := client.Do(t.Context(), inAMinute(), Request{}, nil, true)
		returned <- err
	}()
	for s.requests.Load() < 2 {
		time.Sleep(time.Millisecond)
	}
	client.Close()
	release <- struct{}{}
	if err := <-returned; err != nil {
		t.Errorf("a request in flight: %v, want its response", err)
	}
	for range 2 {
		select {
		case <-closed:
		case <-time.After(waitLimit):
			t.Fatal("a connection stays open")
		}
	}
}
