package fakesubgraph

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// StartCached serves a graph for benchmarks and returns its URL: what it answered
// once it answers again as bytes, over connections of its own, so that next to
// nothing of what is measured is the subgraph.
func StartCached(t testing.TB, g Graph) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	work.Go(func() {
		ServeCached(listener, g, func(c net.Conn) { t.Cleanup(func() { _ = c.Close() }) })
	})
	t.Cleanup(func() { _ = listener.Close() })
	return "http://" + listener.Addr().String()
}

// ServeCached is StartCached on a listener, until that is closed. accepted receives
// of each connection.
func ServeCached(listener net.Listener, g Graph, accepted func(net.Conn)) {
	c := &cachedServer{server: &Server{graph: g}, answers: map[string][]byte{}}
	var work sync.WaitGroup
	defer work.Wait()
	for {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		accepted(connection)
		work.Go(func() { c.serve(connection) })
	}
}

type cachedServer struct {
	server  *Server
	mu      sync.RWMutex
	answers map[string][]byte // by the request's body
}

func (c *cachedServer) serve(connection net.Conn) {
	in := bufio.NewReaderSize(connection, 64<<10)
	var body []byte
	for {
		length := -1
		for {
			line, err := in.ReadSlice('\n')
			if err != nil {
				return
			}
			if len(line) <= 2 {
				break
			}
			if name, value, ok := bytes.Cut(line, []byte(":")); ok && len(name) == len("Content-Length") && strings.EqualFold(string(name), "Content-Length") {
				length, _ = strconv.Atoi(string(bytes.TrimSpace(value)))
			}
		}
		if length < 0 {
			return
		}
		if cap(body) < length {
			body = make([]byte, length)
		}
		body = body[:length]
		if _, err := io.ReadFull(in, body); err != nil {
			return
		}
		if _, err := connection.Write(c.answer(body)); err != nil {
			return
		}
	}
}

func (c *cachedServer) answer(body []byte) []byte {
	c.mu.RLock()
	answer, known := c.answers[string(body)]
	c.mu.RUnlock()
	if known {
		return answer
	}
	recorder := httptest.NewRecorder()
	c.server.serve(recorder, httptest.NewRequest("POST", "/", bytes.NewReader(body)))
	answer = fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", recorder.Body.Len(), recorder.Body)
	c.mu.Lock()
	c.answers[string(body)] = answer
	c.mu.Unlock()
	return answer
}
