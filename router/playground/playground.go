// Package playground serves a page on which people try the graph: GraphiQL
// where the page was built, a plain one of its own where it was not.
//
// It promises that nothing a page needs comes from another origin, and that the
// plain page can do what the examples ask for: queries, mutations,
// subscriptions, and signing in as one of the demo people.
package playground

import (
	"embed"
	"io/fs"
	"net/http"
	"strings"

	"cartograph/router/internal/page"
)

// pages holds plain/ always and dist/, which `npm run build` writes, if it is
// there. The patterns match either, so that nothing has to stand in for dist/.
//
//go:embed */index.html all:*/assets
var pages embed.FS

// Options say what a page is for.
type Options struct {
	Endpoint string    // path of the graph at the same origin; empty means /graphql
	People   []Person  // whom a visitor may sign in as; without any there are no such buttons
	Partners []Partner // programs that a visitor may act as
	Version  string    // shown in the corner; may be empty
	Strange  bool      // the graph is not the shop, whose examples would fail there
}

// Person is somebody in the demo shop. The page shows the password to everybody.
type Person struct {
	Email, Password string
	Roles           []string
}

// Partner is a program with an API key. The page shows the key to everybody.
type Partner struct {
	Name, Key string
}

// Handler serves the page at / and its assets below /assets/.
func Handler(o Options) http.Handler { return handler(pages, o) }

func handler(files fs.FS, o Options) http.Handler {
	p := choose(files)
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", p.asset("index.html", p.render(o)))
	for _, name := range p.assets() {
		content, err := fs.ReadFile(p.files, name)
		if err != nil {
			panic("reading the embedded " + name + ": " + err.Error())
		}
		mux.Handle("GET /"+strings.TrimSuffix(name, page.GzipSuffix), p.asset(name, content))
	}
	return mux
}

// variant is one of the two pages: its files and how browsers may treat them.
type variant struct {
	files  fs.FS
	policy string // Content-Security-Policy
	hashed bool   // assets' names change with their content
}

const (
	selfOnly = "default-src 'none'; script-src 'self'; connect-src 'self'; " +
		"img-src 'self' data:; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
	plainPolicy = selfOnly + "style-src 'self'"
	// GraphiQL's editor and dialogs write style elements.
	fullPolicy = selfOnly + "style-src 'self' 'unsafe-inline'; font-src 'self' data:"
)

// choose takes the built page if there is one.
func choose(files fs.FS) variant {
	if full, err := fs.Sub(files, "dist"); err == nil && hasIndex(full) {
		return variant{files: full, policy: fullPolicy, hashed: true}
	}
	plain, err := fs.Sub(files, "plain")
	if err != nil || !hasIndex(plain) {
		panic("the plain page is not embedded")
	}
	return variant{files: plain, policy: plainPolicy}
}

func hasIndex(files fs.FS) bool {
	_, err := fs.Stat(files, "index.html")
	return err == nil
}

func (p variant) assets() []string {
	var names []string
	err := fs.WalkDir(p.files, "assets", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		panic("listing the embedded assets: " + err.Error())
	}
	return names
}

// asset is how a file of the page is served.
func (p variant) asset(name string, content []byte) *page.File {
	cache := page.Revalidate
	if p.hashed && strings.HasPrefix(name, "assets/") {
		cache = page.Immutable
	}
	return page.New(name, content, cache, p.policy)
}
