package page

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

var content = []byte(strings.Repeat("console.log('full');\n", 100))

// forms are the file as given and as a build leaves it.
func forms() map[string]*File {
	return map[string]*File{
		"content": New("a.js", content, Revalidate, "default-src 'none'"),
		"compressed": NewCompressed("a.js", map[string][]byte{brotli: compressBrotli(content), gzip: compressGzip(content)},
			Immutable, "default-src 'none'"),
	}
}

func get(f *File, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "/a.js", nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w
}

func TestTheCodingIsTheClientsChoice(t *testing.T) {
	t.Parallel()
	for accepted, want := range map[string]string{
		"gzip, deflate, br": "br", "gzip": "gzip", "br": "br", "BR;q=0.9, GZIP;q=0.5": "br",
		"br;q=0.5, gzip; q=0.8": "gzip", "br;Q=0.1, gzip;q=0": "br", "*": "br", "*;q=0.5, br;q=0": "gzip", "gzip;q=1, *;q=0": "gzip",
		"": "", "identity": "", "gzip;q=0": "", "br;q=0, gzip; q=0.000": "", "x-gzip": "", "gzip;q=x": "", "deflate": "",
	} {
		for name, f := range forms() {
			r := get(f, "Accept-Encoding", accepted)
			if got := r.Header().Get("Content-Encoding"); got != want {
				t.Errorf("%s: for Accept-Encoding %q the coding is %q, want %q", name, accepted, got, want)
			}
			got := r.Body.Bytes()
			if want != "" {
				if len(got) > len(content)/5 {
					t.Errorf("%s: %s has %d bytes of %d", name, want, len(got), len(content))
				}
				var err error
				if got, err = expand(want, got); err != nil {
					t.Errorf("%s: the body is not %s: %v", name, want, err)
				}
			}
			if string(got) != string(content) {
				t.Errorf("%s: for Accept-Encoding %q the content differs", name, accepted)
			}
			if vary := r.Header().Get("Vary"); vary != "Accept-Encoding" {
				t.Errorf("%s: Vary is %q", name, vary)
			}
		}
	}
}

func TestEachCodingIsValidatedByItsOwnETag(t *testing.T) {
	t.Parallel()
	for name, f := range forms() {
		tags := map[string]string{}
		for _, coding := range []string{"identity", "gzip", "br"} {
			tag := get(f, "Accept-Encoding", coding).Header().Get("ETag")
			if other, twice := tags[tag]; twice || tag == "" {
				t.Errorf("%s: %s has the ETag %q of %s", name, coding, tag, other)
			}
			tags[tag] = coding
			if again := get(f, "Accept-Encoding", coding, "If-None-Match", tag); again.Code != http.StatusNotModified || again.Body.Len() > 0 {
				t.Errorf("%s: %s with its ETag gets status %d, want 304 without a body", name, coding, again.Code)
			}
		}
	}
	a, b := New("a.js", []byte("1"), Revalidate, ""), New("a.js", []byte("2"), Revalidate, "")
	if get(a).Header().Get("ETag") == get(b).Header().Get("ETag") {
		t.Error("files with different content have the same ETag")
	}
}

func TestWithoutBrotliGzipIsSent(t *testing.T) {
	t.Parallel()
	f := NewCompressed("a.js", map[string][]byte{gzip: compressGzip(content)}, Immutable, "")
	if got := get(f, "Accept-Encoding", "gzip, br").Header().Get("Content-Encoding"); got != "gzip" {
		t.Errorf("the coding is %q, want gzip", got)
	}
}

func TestAFormThatIsNotWhatItIsCalledPanics(t *testing.T) {
	t.Parallel()
	for name, given := range map[string]map[string][]byte{
		"no forms":    nil,
		"only brotli": {brotli: compressBrotli(content)},
		"not brotli":  {gzip: compressGzip(content), brotli: content},
		"not gzip":    {gzip: content, brotli: compressBrotli(content)},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			NewCompressed("a.js", given, Immutable, "")
		}()
	}
}
