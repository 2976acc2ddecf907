// Package playground serves a page to run operations: GraphiQL if the page was
// built, else a plain one.
//
// Guarantees: nothing on a page is loaded from another origin, and the plain page
// supports what the examples require: queries, mutations, subscriptions, and
// signing in with a demo account.
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

// Options of the page.
type Options struct {
	Endpoint        string        // path of the graph at the same origin; empty means /graphql
	DemoAccounts    []DemoAccount // that a visitor may sign in with; none: no buttons
	APIClients      []APIClient   // whose keys a visitor may use
	Version         string        // shown in the corner; may be empty
	WithoutExamples bool          // for another graph than the one that the examples are for
}

// DemoAccount is an account whose password the page reveals to every visitor.
type DemoAccount struct {
	Email, Password string
	Roles           []string
}

// APIClient is a client whose key the page reveals to every visitor.
type APIClient struct {
	Name, Key string
}

// Handler serves the page at / and its assets below /assets/.
func Handler(o Options) http.Handler { return handler(pages, o) }

func handler(files fs.FS, o Options) http.Handler {
	p := choose(files)
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", page.New("index.html", p.render(o), page.Revalidate, p.policy))
	for name, forms := range p.assets() {
		mux.Handle("GET /"+name, p.asset(name, forms))
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

// licenses are those of the npm packages in the built page. Its name stays the same
// when its content changes.
const licenses = "assets/licenses.txt"

// choose returns the built page if there is one.
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

// assets reads the files below assets/ by name, each in its forms by content coding.
// The coding of a file that the build has not compressed is "".
func (p variant) assets() map[string]map[string][]byte {
	assets := map[string]map[string][]byte{}
	err := fs.WalkDir(p.files, "assets", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		name, coding := file, ""
		for c, suffix := range page.Suffixes {
			if trimmed, is := strings.CutSuffix(file, suffix); is {
				name, coding = trimmed, c
			}
		}
		if assets[name] == nil {
			assets[name] = map[string][]byte{}
		}
		assets[name][coding], err = fs.ReadFile(p.files, file)
		return err
	})
	if err != nil {
		panic("reading the embedded assets: " + err.Error())
	}
	return assets
}

func (p variant) asset(name string, forms map[string][]byte) *page.File {
	cache := page.Revalidate
	if p.hashed && name != licenses {
		cache = page.Immutable
	}
	if content, plain := forms[""]; plain {
		return page.New(name, content, cache, p.policy)
	}
	return page.NewCompressed(name, forms, cache, p.policy)
}
