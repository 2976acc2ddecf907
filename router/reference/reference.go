// Package reference serves what people read about a graph: /docs, a page of
// every type and field that can be searched, and /schema.graphql, the schema
// as clients see it.
//
// Both are made of the schema that is being served, so that they are never
// behind it, and hold nothing that clients may not know.
package reference

import (
	"embed"
	"io/fs"
	"net/http"
	"path"
	"sync"

	"cartograph/router/internal/page"
	"cartograph/router/playground"
	"cartograph/router/supergraph"
)

//go:embed assets page.gohtml
var files embed.FS

// Graph is what is described. What it returns may change while it is served.
type Graph interface {
	Schema() string // SDL, without what clients may not know
	// Access tells what callers must show; a field that is not in it is open.
	Access() map[supergraph.Coordinate]supergraph.Access
}

// Options say what stands around the description.
type Options struct {
	Title      string // of the page; empty means Reference
	Playground string // the playground's path; without it nothing links there
	Examples   []playground.Operation
}

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Mount serves the page at /docs, its assets below, and /schema.graphql.
func Mount(mux *http.ServeMux, g Graph, o Options) {
	mux.Handle("GET /docs", latest(g, func(sdl string) (*page.File, error) {
		html, err := render(sdl, g.Access(), o)
		return page.New("docs.html", html, page.Revalidate, policy), err
	}))
	mux.Handle("GET /schema.graphql", latest(g, func(sdl string) (*page.File, error) {
		return page.New("schema.graphql", []byte(sdl), page.Revalidate, policy), nil
	}))
	assets, err := fs.ReadDir(files, "assets")
	if err != nil {
		panic("listing the embedded assets: " + err.Error())
	}
	for _, entry := range assets {
		name := path.Join("assets", entry.Name())
		content, err := files.ReadFile(name)
		if err != nil {
			panic("reading the embedded " + name + ": " + err.Error())
		}
		mux.Handle("GET /docs/"+entry.Name(), page.New(name, content, page.Revalidate, policy))
	}
}

// latest serves what make makes of the graph's schema, and makes it again when
// that has changed.
func latest(g Graph, make func(sdl string) (*page.File, error)) http.Handler {
	var mu sync.Mutex
	var of string
	var made *page.File
	current := func() (*page.File, error) {
		mu.Lock()
		defer mu.Unlock()
		sdl := g.Schema()
		if made != nil && of == sdl {
			return made, nil
		}
		file, err := make(sdl)
		if err == nil {
			made, of = file, sdl
		}
		return file, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		file, err := current()
		if err != nil {
			http.Error(w, "The reference cannot be made of this schema: "+err.Error(), http.StatusInternalServerError)
			return
		}
		file.ServeHTTP(w, r)
	})
}
