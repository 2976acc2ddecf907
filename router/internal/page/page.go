// Package page serves the files of a page from memory: compressed, validated by
// an ETag, and under a policy that allows nothing from another origin.
package page

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http"
	"path"
	"sync"
	"time"
)

// File is one file in memory in each content coding. Codings that were not given are
// computed at their first use.
type File struct {
	bodies map[string]func() []byte // by coding
	header http.Header
	tag    string // of the content, without its coding
}

// types are those of the files that a page consists of; the tables of the machine may
// differ.
var types = map[string]string{
	".graphql": "text/plain; charset=utf-8", // which browsers show
	".html":    "text/html; charset=utf-8",
	".js":      "text/javascript; charset=utf-8",
	".json":    "application/json",
	".css":     "text/css; charset=utf-8",
	".svg":     "image/svg+xml",
	".ttf":     "font/ttf",
	".woff2":   "font/woff2",
}

// How browsers may keep a file.
const (
	Revalidate = "no-cache"                            // validate it by its ETag before each use
	Immutable  = "public, max-age=31536000, immutable" // its name changes with its content
)

// New makes the file called name from its content, with its caching and its
// Content-Security-Policy.
func New(name string, content []byte, cache, policy string) *File {
	return newFile(name, content, map[string]func() []byte{
		identity: func() []byte { return content },
		brotli:   sync.OnceValue(func() []byte { return compressBrotli(content) }),
		gzip:     sync.OnceValue(func() []byte { return compressGzip(content) }),
	}, cache, policy)
}

// NewCompressed makes the file called name from its forms by content coding, as a
// build writes them: gzip, and br unless the build is an old one. It panics if gzip is
// missing or a form does not begin as its coding: files are embedded, so the build is
// at fault.
func NewCompressed(name string, forms map[string][]byte, cache, policy string) *File {
	bodies := map[string]func() []byte{
		identity: sync.OnceValue(func() []byte {
			content, err := expand(gzip, forms[gzip])
			if err != nil {
				panic("expanding the embedded " + name + ": " + err.Error())
			}
			return content
		}),
		gzip: func() []byte { return forms[gzip] },
	}
	if forms[brotli] != nil {
		bodies[brotli] = func() []byte { return forms[brotli] }
	}
	for coding := range bodies {
		if coding == identity {
			continue
		}
		if err := begins(coding, forms[coding]); err != nil {
			panic("the embedded " + name + " has no form " + coding + ": " + err.Error())
		}
	}
	return newFile(name, forms[gzip], bodies, cache, policy)
}

func newFile(name string, hashed []byte, bodies map[string]func() []byte, cache, policy string) *File {
	sum := sha256.Sum256(hashed)
	header := http.Header{}
	header.Set("Content-Type", Type(name))
	header.Set("Cache-Control", cache)
	header.Set("Content-Security-Policy", policy)
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Vary", "Accept-Encoding")
	header.Set("X-Content-Type-Options", "nosniff")
	return &File{bodies: bodies, header: header, tag: base64.RawURLEncoding.EncodeToString(sum[:12])}
}

// Type is the media type of the file name.
func Type(name string) string {
	if kind, known := types[path.Ext(name)]; known {
		return kind
	}
	return "application/octet-stream"
}

// ServeHTTP responds to GET and HEAD.
func (f *File) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	maps.Copy(w.Header(), f.header)
	coding := f.negotiate(r.Header.Values("Accept-Encoding"))
	// Each coding has a tag of its own, since a cache must not take one for another.
	// It is weak, since two builds may compress the same content differently.
	tag := f.tag
	if coding != identity {
		w.Header().Set("Content-Encoding", coding)
		tag += "-" + coding
	}
	w.Header().Set("ETag", `W/"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.bodies[coding]()))
}
