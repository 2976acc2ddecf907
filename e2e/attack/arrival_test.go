package attack

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// neverArrive sends headers and one byte of the body on 1,600 connections.
func neverArrive(t *testing.T, s *system, attacker *client) {
	customer := s.enter(t)
	var conns []net.Conn
	for range 1600 {
		conn := attacker.dial(t)
		if conn == nil {
			break // refused is as good
		}
		_, _ = fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{", s.address)
		conns = append(conns, conn)
	}
	if len(conns) < 100 {
		t.Fatalf("only %d connections could be opened", len(conns))
	}
	began := time.Now()
	for _, conn := range conns { // until the router has closed each
		_ = conn.SetReadDeadline(began.Add(15 * time.Second))
		if _, err := io.Copy(io.Discard, conn); err != nil && strings.Contains(err.Error(), "timeout") {
			t.Fatalf("a connection without a body is open after %s", time.Since(began).Round(time.Second))
		}
	}
	customer.leave(t)
}

// neverArriveOverHTTP2 opens 7 connections with 250 streams each.
func neverArriveOverHTTP2(t *testing.T, s *system, attacker *client) {
	customer := s.enter(t)
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Second)
	defer stop()
	var answered atomic.Int64
	var streams sync.WaitGroup
	for range 7 {
		socket := attacker.dial(t)
		if socket == nil {
			t.Fatal("a connection is refused")
		}
		conn, err := new(http2.Transport).NewClientConn(socket) //nolint:staticcheck // its successor has no HTTP/2 without TLS
		if err != nil {
			t.Fatal(err)
		}
		for range 250 {
			streams.Go(func() {
				body, write := io.Pipe()
				go func() { _, _ = write.Write([]byte("{")) }()
				defer func() { _ = body.Close() }()
				request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.graphQL, body)
				if err != nil {
					return
				}
				request.Header.Set("Content-Type", "application/json")
				if response, err := conn.RoundTrip(request); err == nil {
					answered.Add(1)
					_ = response.Body.Close()
				}
			})
		}
	}
	streams.Wait()
	if answered.Load() == 0 {
		t.Error("no stream without a body was refused")
	}
	customer.leave(t)
}
