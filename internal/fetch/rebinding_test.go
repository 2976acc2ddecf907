package fetch

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// nameServer answers questions for IPv4 addresses with the given ones, in turn, and
// counts them.
func nameServer(t *testing.T, answers ...string) (address string, asked *atomic.Int32) {
	t.Helper()
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	asked = &atomic.Int32{}
	go func() {
		packet := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(packet)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(packet[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			m.Response, m.Additionals = true, nil
			if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
				answer := answers[min(int(asked.Add(1)), len(answers))-1]
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
					Body:   &dnsmessage.AResource{A: netip.MustParseAddr(answer).As4()},
				}}
			}
			if packed, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(packed, from)
			}
		}
	}()
	return conn.LocalAddr().String(), asked
}

// rebound returns a transport for public addresses that asks a name server.
func rebound(server string) *http.Transport {
	dialer := Dialer(false)
	dialer.Timeout = 500 * time.Millisecond
	dialer.Resolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", server)
	}}
	transport := NewTransport(false)
	transport.DialContext = dialer.DialContext
	return transport
}

// An attacker's name leads to a public address when it is looked at, and to this machine
// when the connection is made. Here the connection itself resolves the name, once, and
// the address that it is about to use is what is checked.
func TestANameThatLeadsElsewhereTheSecondTimeIsRefused(t *testing.T) {
	t.Parallel()
	server, asked := nameServer(t, "93.184.215.14", "127.0.0.1")
	local := serveLocal(t)
	client := &http.Client{Transport: rebound(server)}
	get := func() error {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://partner.test:"+local+"/", http.NoBody)
		if err != nil {
			return err
		}
		res, err := client.Do(req)
		if err == nil {
			_ = res.Body.Close()
		}
		return err
	}
	if err := get(); err == nil || errors.Is(err, ErrForbiddenAddress) {
		t.Errorf("the first time: %v, want a connection to the public address to be tried", err)
	}
	before := asked.Load()
	if err := get(); !errors.Is(err, ErrForbiddenAddress) {
		t.Errorf("the second time: %v, want ErrForbiddenAddress", err)
	}
	if n := asked.Load() - before; n != 1 {
		t.Errorf("a connection resolves the name %d times, want once", n)
	}
}

// serveLocal is the port of a server on this machine, which must not be reached.
func serveLocal(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			t.Error("the server on this machine was reached")
			_ = conn.Close()
		}
	}()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
