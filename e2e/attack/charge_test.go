package attack

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// flood sends requests one after the other until one is refused with RATE_LIMITED,
// and returns after how many.
func flood(t *testing.T, attacker *client, most int, send func(i int) (body []byte, headers []string)) int {
	t.Helper()
	for i := range most {
		body, headers := send(i)
		got, err := attacker.post(t.Context(), body, headers...)
		if err != nil {
			t.Fatal(err)
		}
		if got.status == http.StatusTooManyRequests {
			if got.code() != "RATE_LIMITED" || got.header.Get("Retry-After") == "" {
				t.Errorf("refused with %s and Retry-After %q", got.code(), got.header.Get("Retry-After"))
			}
			return i
		}
	}
	t.Errorf("%d requests were not refused", most)
	return most
}

func zipped(t *testing.T, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// compressed sends a kilobyte that becomes one megabyte. It is charged as what it
// becomes.
func compressed(t *testing.T, s *system, attacker *client) {
	customer := s.enter(t)
	bomb := zipped(t, `{"query":"{ __typename }","variables":{"x":[`+strings.Repeat("1,", 480_000)+`1]}}`)
	if len(bomb) > 2<<10 {
		t.Fatalf("the bomb has %d bytes", len(bomb))
	}
	flood(t, attacker, 100, func(int) ([]byte, []string) { return bomb, []string{"Content-Encoding", "gzip"} })
	customer.leave(t)
}

// refused sends what is never run: no GraphQL, unknown fields, invalid tokens and
// unknown keys. Each is charged.
func refused(t *testing.T, s *system, attacker *client) {
	customer := s.enter(t)
	n := flood(t, attacker, 1000, func(i int) ([]byte, []string) {
		return []byte(`{"query":"{ __typename }"}`), []string{"X-API-Key", fmt.Sprintf("ck_%d", i)}
	})
	if n > 100 {
		t.Errorf("%d unknown keys of one address were looked up", n)
	}
	large := strings.Repeat(" ", 200_000)
	flood(t, attacker, 500, func(i int) ([]byte, []string) {
		return []byte([]string{
			`{"query":"{ nope }` + large + `"}`, `{"query":"{"` + large + `}`, `{"query":` + large, `{"query":"{ product(id: 1) }` + large + `"}`,
		}[i%4]), nil
	})
	customer.leave(t)
}
