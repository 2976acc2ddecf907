package subgraphtest

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"cartograph/internal/auth"
)

// Stream is a subscription.
type Stream struct {
	pushes <-chan string
}

// Subscribe sends a subscription on behalf of an actor. It ends with the test.
func (s *Server) Subscribe(t testing.TB, actor auth.Actor, query string, variables map[string]any) *Stream {
	t.Helper()
	r := s.request(t, CallerOf(actor), query, variables)
	r.Header.Set("Accept", "text/event-stream")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	pushes, end := make(chan string), t.Context().Done()
	var reading sync.WaitGroup
	reading.Go(func() {
		defer close(pushes)
		read(res.Body, pushes, end)
	})
	t.Cleanup(func() {
		_ = res.Body.Close()
		reading.Wait()
	})
	return &Stream{pushes}
}

// read passes on the data of server-sent events.
func read(body io.Reader, pushes chan<- string, end <-chan struct{}) {
	for lines := bufio.NewScanner(body); lines.Scan(); {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok || data == "" {
			continue
		}
		select {
		case pushes <- data:
		case <-end:
			return
		}
	}
}

// Next waits for the next push, a JSON text. It fails the test if there is
// none.
func (s *Stream) Next(t testing.TB) string {
	t.Helper()
	select {
	case push, open := <-s.pushes:
		if !open {
			t.Fatal("the subscription ended")
		}
		return push
	case <-time.After(20 * time.Second):
		t.Fatal("nothing was pushed for 20 s")
	}
	return ""
}
