package transport_test

import (
	"bytes"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"cartograph/router/transport"
)

func inflate(t testing.TB, encoding, body string) string {
	t.Helper()
	var r io.Reader = strings.NewReader(body)
	var err error
	switch encoding {
	case "gzip":
		r, err = gzip.NewReader(r)
	case "zstd":
		r, err = zstd.NewReader(r)
	case "br":
		r = brotli.NewReader(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("%s: %v", encoding, err)
	}
	return string(out)
}

func TestLargeAnswersAreCompressedAsTheClientLikes(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, nil)
	plain := s.post(t, "large").text
	for accept, want := range map[string]string{
		"":                  "",
		"identity":          "",
		"deflate":           "",
		"gzip":              "gzip",
		"GZIP":              "gzip",
		"gzip, deflate, br": "gzip", "gzip;q=0.9, br": "br", "br": "br",
		"gzip, deflate, br, zstd":          "zstd",
		"zstd;q=0.5, br;q=0.4, gzip;q=0.9": "gzip",
		"zstd;q=0, br;q=0, *":              "gzip",
		"gzip;q=0":                         "",
		"*;q=0":                            "",
		"br;q=x":                           "",
	} {
		for range 3 { // the second takes what the first gave back
			got := s.post(t, "large", "Accept-Encoding", accept)
			encoding := got.Header.Get("Content-Encoding")
			if encoding != want {
				t.Fatalf("Accept-Encoding %q is answered in %q, want %q", accept, encoding, want)
			}
			if inflate(t, encoding, got.text) != plain {
				t.Errorf("%q does not inflate to the answer", encoding)
			}
			if want != "" && len(got.text) > len(plain)/4 {
				t.Errorf("%q has %d bytes of %d", encoding, len(got.text), len(plain))
			}
			if vary := strings.Join(got.Header.Values("Vary"), ","); !strings.Contains(vary, "Accept-Encoding") {
				t.Errorf("Vary = %q", vary)
			}
		}
	}
	if got := s.post(t, "small", "Accept-Encoding", "gzip").Header.Get("Content-Encoding"); got != "" {
		t.Errorf("an answer of a few bytes is compressed by %s", got)
	}
}

func deflate(t testing.TB, encoding string, body []byte) string {
	t.Helper()
	var out bytes.Buffer
	var w io.WriteCloser
	var err error
	switch encoding {
	case "gzip":
		w = gzip.NewWriter(&out)
	case "zstd":
		w, err = zstd.NewWriter(&out)
	}
	if err == nil {
		_, err = w.Write(body)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestCompressedRequestsAreInflated(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, nil)
	for _, encoding := range []string{"gzip", "zstd"} {
		for range 2 {
			s.send(t, http.MethodPost, "", deflate(t, encoding, []byte(`{"query":"small"}`)), "Content-Encoding", encoding).want(t, http.StatusOK, "")
		}
		s.send(t, http.MethodPost, "", "not packed", "Content-Encoding", encoding).want(t, http.StatusBadRequest, "BAD_USER_INPUT")
	}
	s.send(t, http.MethodPost, "", `{"query":"small"}`, "Content-Encoding", "identity").want(t, http.StatusOK, "")
	for _, encoding := range []string{"br", "deflate", "compress", "gzip, gzip"} {
		got := s.send(t, http.MethodPost, "", "x", "Content-Encoding", encoding)
		got.want(t, http.StatusUnsupportedMediaType, "BAD_USER_INPUT")
		if got.Header.Get("Accept-Encoding") != "gzip, zstd" {
			t.Errorf("the refusal names %q", got.Header.Get("Accept-Encoding"))
		}
	}
}

// Not parallel: it looks at what the whole process allocates.
func TestBombsAreRefusedBeforeTheyFillMemory(t *testing.T) {
	const limit, size = 1 << 20, 64 << 20
	s := serve(t, nil, func(o *transport.Options) { o.Body = limit })
	zeros := make([]byte, 1<<20)
	for _, encoding := range []string{"gzip", "zstd"} {
		var packed bytes.Buffer
		var w io.WriteCloser = gzip.NewWriter(&packed)
		if encoding == "zstd" {
			w, _ = zstd.NewWriter(&packed)
		}
		for range size / len(zeros) {
			_, _ = w.Write(zeros)
		}
		_ = w.Close()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		s.send(t, http.MethodPost, "", packed.String(), "Content-Encoding", encoding).want(t, http.StatusRequestEntityTooLarge, "BAD_USER_INPUT")
		runtime.ReadMemStats(&after)
		if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 24*limit {
			t.Errorf("%d bytes of %s that hold %d made us allocate %d", packed.Len(), encoding, size, allocated)
		}
	}
}

func TestTheLimitIsOnTheInflatedSize(t *testing.T) {
	t.Parallel()
	const limit = 4096
	s := serve(t, nil, func(o *transport.Options) { o.Body = limit })
	for _, encoding := range []string{"", "gzip", "zstd"} {
		for size, status := range map[int]int{limit: http.StatusOK, limit + 1: http.StatusRequestEntityTooLarge} {
			body := `{"query":"small` + strings.Repeat(" ", size-len(`{"query":"small"}`)) + `"}`
			code := ""
			if status != http.StatusOK {
				code = "BAD_USER_INPUT"
			}
			if encoding != "" {
				body = deflate(t, encoding, []byte(body))
			}
			s.send(t, http.MethodPost, "", body, "Content-Encoding", encoding).want(t, status, code)
		}
	}
}
