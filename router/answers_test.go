package router_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// The memory of an answer is used again for the next one. Each client here requests
// members that no other does, so that a byte of a neighbour's answer
// shows; every other request is given up somewhere on its way.
func TestAnswersNeverMix(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	server := httptest.NewUnstartedServer(s.router)
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetHTTP1(true)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	t.Cleanup(server.Close)
	old, both := new(http.Protocols), new(http.Protocols)
	old.SetHTTP1(true)
	both.SetUnencryptedHTTP2(true)
	const clients, requests = 8, 15
	var all sync.WaitGroup
	for name, transport := range map[string]*http.Transport{
		"HTTP/1.1":         {Protocols: old, DisableCompression: true},
		"HTTP/1.1, packed": {Protocols: old},
		"HTTP/2":           {Protocols: both, DisableCompression: true},
		"HTTP/2, packed":   {Protocols: both},
	} {
		t.Cleanup(transport.CloseIdleConnections)
		for i := range clients {
			all.Go(func() {
				query, want := namedMembers(fmt.Sprintf("%s_%d", strings.Map(wordly, name), i), 1+2*i)
				for range requests {
					giveUp(t.Context(), transport, server.URL, query)
					if got, err := postOnce(t.Context(), transport, server.URL, query); err != nil || got != want {
						t.Errorf("%s: client %d got %q, %v, want %q", name, i, got, err, want)
						return
					}
				}
			})
		}
	}
	all.Wait()
}

func wordly(c rune) rune {
	if c >= '0' && c <= '9' || c >= 'A' && c <= 'z' {
		return c
	}
	return '_'
}

// namedMembers is a query of so many members whose names begin alike, and its
// answer.
func namedMembers(name string, count int) (query, want string) {
	long := name + strings.Repeat("_", 300)
	var fields, values []string
	for i := range count {
		fields = append(fields, fmt.Sprintf("%s%d: me { name }", long, i))
		values = append(values, fmt.Sprintf(`"%s%d":{"name":"Ada"}`, long, i))
	}
	return "{" + strings.Join(fields, " ") + "}", `{"data":{` + strings.Join(values, ",") + "}}"
}

func postOnce(ctx context.Context, transport http.RoundTripper, url, query string) (string, error) {
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := transport.RoundTrip(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return string(text), err
}

// giveUp begins a request and leaves as soon as the answer does.
func giveUp(ctx context.Context, transport http.RoundTripper, url, query string) {
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	body, _ := json.Marshal(map[string]string{"query": query})
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return
	}
	request.Header.Set("Content-Type", "application/json")
	if response, err := transport.RoundTrip(request); err == nil {
		_ = response.Body.Close()
	}
}
