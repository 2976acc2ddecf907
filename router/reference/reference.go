// Package reference serves a graph's documentation: /docs, a page of every type and
// field, /docs/guide, the guide of the graph's owner, /docs/events, a description of the
// events beside it, /docs/index.json, which the search of both pages reads, and
// /schema.graphql, the client schema.
//
// All but the guide and the events are generated from the schema that is served, so they
// are always current and contain nothing that is @inaccessible.
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

//go:embed assets page.gohtml guide.gohtml
var files embed.FS

// Graph is documented. Its results may change with each call, by a reload.
type Graph interface {
	Schema() string // SDL for clients
	// Access returns the requirements of protected fields; others are open.
	Access() map[supergraph.Coordinate]supergraph.Access
}

// Options of the page.
type Options struct {
	Title      string // of the page; empty means Reference
	Playground string // the playground's path; empty: no links
	Examples   []playground.Operation
	Guide      fs.FS  // Markdown files in the order of their names, or nil
	Events     []byte // an AsyncAPI document in JSON, or nil
	// Usage has an operation for each root field, by the field's name; others have
	// none.
	Usage map[string]playground.Operation
	// Codes splits the description of a mutation into its text and the codes of
	// errors that it may return; nil leaves descriptions as they are.
	Codes func(description string) (text string, codes []string)
}

const policy = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Mount serves the page at /docs, its assets and the guide below, and
// /schema.graphql.
func Mount(mux *http.ServeMux, g Graph, o Options) {
	mux.Handle("GET /docs", latest(g, func(sdl string) (*page.File, error) {
		html, err := render(sdl, g.Access(), o)
		return page.New("docs.html", html, page.Revalidate, policy), err
	}))
	mux.Handle("GET /docs/index.json", latest(g, func(sdl string) (*page.File, error) {
		index, err := renderIndex(sdl, g.Access(), o)
		return page.New("index.json", index, page.Revalidate, policy), err
	}))
	mux.Handle("GET /schema.graphql", latest(g, func(sdl string) (*page.File, error) {
		return page.New("schema.graphql", []byte(sdl), page.Revalidate, policy), nil
	}))
	if o.Guide != nil {
		mux.Handle("GET /docs/guide", latest(g, func(string) (*page.File, error) {
			html, err := renderGuide(o)
			return page.New("guide.html", html, page.Revalidate, policy), err
		}))
	}
	if o.Events != nil {
		mux.Handle("GET /docs/events", page.New("events.json", o.Events, page.Revalidate, policy))
	}
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

// latest serves the file that make generates from the graph's schema, and generates
// it again when the schema has changed. Concurrent requests wait for one
// generation.
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
			http.Error(w, "The reference of this schema cannot be generated: "+err.Error(), http.StatusInternalServerError)
			return
		}
		file.ServeHTTP(w, r)
	})
}
