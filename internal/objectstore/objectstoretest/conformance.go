// Package objectstoretest is what every object store must do, as tests.
package objectstoretest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"cartograph/internal/objectstore"
)

// Conforms tests a store with an empty bucket.
func Conforms(t *testing.T, s *objectstore.Store) {
	t.Helper()
	t.Run("an object is read as it was written", func(t *testing.T) { roundTrip(t, s) })
	t.Run("what does not exist is not found", func(t *testing.T) { missing(t, s) })
	t.Run("only objects with the prefix are removed", func(t *testing.T) { remove(t, s) })
	t.Run("a ticket admits its file", func(t *testing.T) { ticket(t, s) })
	t.Run("a ticket admits nothing else", func(t *testing.T) { refusals(t, s) })
	t.Run("a ticket expires", func(t *testing.T) { expires(t, s) })
}

const contentType = "image/png"

func write(t *testing.T, s *objectstore.Store, key, content string) {
	t.Helper()
	if err := s.Write(t.Context(), key, contentType, []byte(content)); err != nil {
		t.Fatal(err)
	}
}

func roundTrip(t *testing.T, s *objectstore.Store) {
	for _, content := range []string{"first", "the second", strings.Repeat("x", 3<<20)} {
		write(t, s, "a/b/c.png", content)
		got, info, err := s.Read(t.Context(), "a/b/c.png", 4<<20)
		if err != nil || string(got) != content || info.ContentType != contentType || info.Size != int64(len(content)) {
			t.Errorf("read %d bytes, %+v, %v; want %d bytes of %s", len(got), info, err, len(content), contentType)
		}
	}
	if _, _, err := s.Read(t.Context(), "a/b/c.png", 1<<20); err == nil {
		t.Error("an object of 3 MiB was read with a limit of 1 MiB")
	}
}

func missing(t *testing.T, s *objectstore.Store) {
	if _, err := s.Stat(t.Context(), "none"); !errors.Is(err, objectstore.ErrNotFound) {
		t.Errorf("Stat: %v, want ErrNotFound", err)
	}
	if _, _, err := s.Read(t.Context(), "none", 1); !errors.Is(err, objectstore.ErrNotFound) {
		t.Errorf("Read: %v, want ErrNotFound", err)
	}
	if err := s.Remove(t.Context(), "none/"); err != nil {
		t.Errorf("Remove: %v, want none", err)
	}
}

func remove(t *testing.T, s *objectstore.Store) {
	for _, key := range []string{"p/1/a", "p/1/b/c", "p/10/a"} {
		write(t, s, key, "x")
	}
	if err := s.Remove(t.Context(), "p/1/"); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]bool{"p/1/a": false, "p/1/b/c": false, "p/10/a": true} {
		if _, err := s.Stat(t.Context(), key); (err == nil) != want {
			t.Errorf("%s: %v, want it to exist: %t", key, err, want)
		}
	}
}

// put uploads as a client does.
func put(t *testing.T, ticket objectstore.Ticket, body []byte, change func(*http.Request)) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, ticket.URL, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range ticket.Headers {
		req.Header.Set(name, value)
	}
	if change != nil {
		change(req)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode
}

func newTicket(t *testing.T, s *objectstore.Store, key string, size int64, expiry time.Duration) objectstore.Ticket {
	t.Helper()
	ticket, err := s.Ticket(t.Context(), key, contentType, size, expiry)
	if err != nil {
		t.Fatal(err)
	}
	return ticket
}

func ticket(t *testing.T, s *objectstore.Store) {
	if status := put(t, newTicket(t, s, "in/ok", 5, time.Minute), []byte("12345"), nil); status != http.StatusOK {
		t.Fatalf("the store answered %d, want 200", status)
	}
	content, info, err := s.Read(t.Context(), "in/ok", 10)
	if err != nil || string(content) != "12345" || info.ContentType != contentType {
		t.Errorf("the store has %q, %+v, %v", content, info, err)
	}
}

func refusals(t *testing.T, s *objectstore.Store) {
	good := func() objectstore.Ticket { return newTicket(t, s, "in/refused", 5, time.Minute) }
	write(t, s, "secret", "not the client's")
	for name, send := range map[string]func() int{
		"a longer file":  func() int { return put(t, good(), []byte("123456"), nil) },
		"a shorter file": func() int { return put(t, good(), []byte("1234"), nil) },
		"another type": func() int {
			return put(t, good(), []byte("12345"), func(r *http.Request) { r.Header.Set("Content-Type", "text/html") })
		},
		"another key": func() int {
			return put(t, good(), []byte("12345"), func(r *http.Request) { r.URL.Path = strings.Replace(r.URL.Path, "refused", "other", 1) })
		},
		"a later expiry": func() int {
			return put(t, good(), []byte("12345"), func(r *http.Request) {
				q := r.URL.Query()
				q.Set("X-Amz-Expires", "600")
				r.URL.RawQuery = q.Encode()
			})
		},
		"no signature": func() int {
			return put(t, good(), []byte("12345"), func(r *http.Request) { r.URL.RawQuery = "" })
		},
		"another method": func() int {
			return put(t, good(), []byte("12345"), func(r *http.Request) { r.Method = http.MethodDelete })
		},
		"a copy of another object": func() int {
			return put(t, good(), []byte("12345"), func(r *http.Request) {
				bucket, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
				r.Header.Set("X-Amz-Copy-Source", "/"+bucket+"/secret")
			})
		},
	} {
		if status := send(); status < 400 || status > 499 {
			t.Errorf("%s: the store answered %d, want a refusal", name, status)
		}
		for _, key := range []string{"in/refused", "in/other"} {
			if _, err := s.Stat(t.Context(), key); !errors.Is(err, objectstore.ErrNotFound) {
				t.Errorf("%s: %s was stored (%v)", name, key, err)
			}
		}
	}
}

func expires(t *testing.T, s *objectstore.Store) {
	short := newTicket(t, s, "in/late", 5, time.Second)
	if status := put(t, short, []byte("12345"), nil); status != http.StatusOK {
		t.Skipf("the store answered %d: more than the second of the ticket has passed", status)
	}
	expired := time.Now().Add(2100 * time.Millisecond) // dates of signatures are in whole seconds
	<-time.After(time.Until(expired))
	if status := put(t, short, []byte("54321"), nil); status != http.StatusForbidden {
		t.Errorf("a second upload after the expiry is answered %d, want 403", status)
	}
	if content, _, err := s.Read(t.Context(), "in/late", 10); err != nil || string(content) != "12345" {
		t.Errorf("the store has %q, %v; want the first file", content, err)
	}
}
