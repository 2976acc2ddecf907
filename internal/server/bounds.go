package server

import (
	"net"
	"net/http"
	"time"
)

// Bounds are for a listener that strangers can reach. The zero value sets none.
type Bounds struct {
	// PerAddress and Total bound the open connections; 0: unbounded. The addresses of
	// an IPv6 /64 count as one. Behind a proxy all connections come from its address.
	PerAddress, Total int
	// Exchange bounds reading a request's body and writing the answer, where the
	// handler sets no deadlines of its own. Without it a client that sends no body or
	// reads no answer holds its connection.
	Exchange time.Duration
}

func (b Bounds) listener(l net.Listener) net.Listener {
	if b.PerAddress <= 0 && b.Total <= 0 {
		return l
	}
	return limitConnections(l, b.PerAddress, b.Total)
}

func (b Bounds) handler(h http.Handler) http.Handler {
	if b.Exchange <= 0 {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") == "" { // not while a WebSocket lasts
			control, until := http.NewResponseController(w), time.Now().Add(b.Exchange)
			_ = control.SetWriteDeadline(until)
			if r.ContentLength != 0 {
				_ = control.SetReadDeadline(until)
			}
		}
		h.ServeHTTP(w, r)
	})
}
