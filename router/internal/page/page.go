// Package page serves the files that a page is made of: compressed, checked by
// an ETag, and under a policy that lets in nothing from another origin.
package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"maps"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
)

// File is one file in memory, in the form in which it is embedded. The other
// form is made when it is first asked for.
type File struct {
	content    func() []byte
	compressed func() []byte
	header     http.Header
}

// types are those of the files that a page is made of; what the machine's own
// tables say may differ.
var types = map[string]string{
	".graphql": "text/plain; charset=utf-8", // which browsers show
	".html":    "text/html; charset=utf-8",
	".json":    "application/json",
	".js":      "text/javascript; charset=utf-8",
	".css":     "text/css; charset=utf-8",
	".svg":     "image/svg+xml",
	".ttf":     "font/ttf",
	".woff2":   "font/woff2",
}

// Packed ends the names of files that are embedded compressed.
const GzipSuffix = ".gz"

// How browsers may keep a file.
const (
	Revalidate = "no-cache"                            // ask each time whether it is still the same
	Immutable  = "public, max-age=31536000, immutable" // its name changes with its content
)

// New makes the file called name with its content, its caching and its
// Content-Security-Policy. It panics if one that is called compressed is not:
// files are embedded, so that the build is at fault.
func New(name string, embedded []byte, cache, policy string) *File {
	f := &File{header: headerOf(strings.TrimSuffix(name, GzipSuffix), embedded, cache, policy)}
	if !strings.HasSuffix(name, GzipSuffix) {
		f.content = func() []byte { return embedded }
		f.compressed = sync.OnceValue(func() []byte { return compress(embedded) })
		return f
	}
	if _, err := gzip.NewReader(bytes.NewReader(embedded)); err != nil {
		panic("the embedded " + name + " is not compressed: " + err.Error())
	}
	f.compressed = func() []byte { return embedded }
	f.content = sync.OnceValue(func() []byte { return expand(embedded) })
	return f
}

// Type is the media type of the file name.
func Type(name string) string {
	if kind, known := types[path.Ext(name)]; known {
		return kind
	}
	return "application/octet-stream"
}

func headerOf(name string, embedded []byte, cache, policy string) http.Header {
	sum := sha256.Sum256(embedded)
	header := http.Header{}
	header.Set("Content-Type", Type(name))
	header.Set("Cache-Control", cache)
	header.Set("Content-Security-Policy", policy)
	// Weak, for it names the compressed content as well.
	header.Set("ETag", `W/"`+base64.RawURLEncoding.EncodeToString(sum[:12])+`"`)
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Vary", "Accept-Encoding")
	header.Set("X-Content-Type-Options", "nosniff")
	return header
}

func compress(content []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	// Writing to memory does not fail.
	_, _ = w.Write(content)
	_ = w.Close()
	return out.Bytes()
}

// expand is for the few who do not accept compressed content.
func expand(content []byte) []byte {
	r, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		panic("expanding an embedded file: " + err.Error())
	}
	out, err := io.ReadAll(r)
	if err != nil {
		panic("expanding an embedded file: " + err.Error())
	}
	return out
}

// ServeHTTP answers GET and HEAD.
func (f *File) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	maps.Copy(w.Header(), f.header)
	content := f.content
	if acceptsGzip(r.Header.Values("Accept-Encoding")) {
		w.Header().Set("Content-Encoding", "gzip")
		content = f.compressed
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content()))
}

// acceptsGzip reads Accept-Encoding; q=0 means no.
func acceptsGzip(values []string) bool {
	for coding := range strings.SplitSeq(strings.Join(values, ","), ",") {
		name, params, _ := strings.Cut(coding, ";")
		if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
			continue
		}
		weight, weighed := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
		q, err := strconv.ParseFloat(weight, 64)
		return !weighed || err == nil && q > 0
	}
	return false
}
