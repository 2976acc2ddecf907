package playground

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/andybalholm/brotli"
	"github.com/google/go-cmp/cmp"

	"cartograph/router/internal/page"
)

// built is an example of the build's output, so that no test depends on a build.
var built = fstest.MapFS{
	"dist/index.html":             {Data: []byte("<html>full " + slot + "</html>")},
	"dist/assets/index-Ab12Cd.js": {Data: []byte(strings.Repeat("console.log('full');\n", 100))},
	"dist/assets/index-Ef34.css":  {Data: []byte("body{}")},
	"dist/assets/licenses.txt":    {Data: []byte("MIT")},
	"plain/index.html":            {Data: []byte("<html>plain " + slot + "</html>")},
	"plain/assets/plain.js":       {Data: []byte("console.log('plain')")},
}

// plainOnly is the embedded tree of a program for which no page was built.
func plainOnly(t *testing.T) fs.FS {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(pages, "plain", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := pages.ReadFile(name)
		files[name] = &fstest.MapFile{Data: content}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func get(h http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	return request(h, http.MethodGet, path, header...)
}

func request(h http.Handler, method, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// settingsIn reads the settings of a page, as its script does.
func settingsIn(t *testing.T, html string) settings {
	t.Helper()
	found := regexp.MustCompile(`(?s)<script id="settings" type="application/json">(.*?)</script>`).FindStringSubmatch(html)
	if found == nil {
		t.Fatalf("the page has no settings: %.300s", html)
	}
	var s settings
	if err := json.Unmarshal([]byte(found[1]), &s); err != nil {
		t.Fatalf("the settings %.300s are not JSON: %v", found[1], err)
	}
	return s
}

func TestThePageIsServedWithItsSettings(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]fs.FS{"embedded": pages, "built": built, "plain": plainOnly(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := get(handler(files, Options{Version: "1.2.3", APIClients: []APIClient{{Name: "Warehouse", Key: "pk_1"}}, DemoAccounts: []DemoAccount{
				{Email: "ada@demo.test", Password: "secret", Roles: []string{"CUSTOMER"}},
				{Email: "root@demo.test", Password: "secreter", Roles: []string{"CUSTOMER", "ADMIN"}},
			}}), "/")
			if r.Code != http.StatusOK || r.Header().Get("Content-Type") != "text/html; charset=utf-8" {
				t.Errorf("the page has status %d %s, want 200 and HTML", r.Code, r.Header().Get("Content-Type"))
			}
			got := settingsIn(t, r.Body.String())
			if len(got.Operations) != len(Operations()) || got.Operations[0].Query != Operations()[0].Query {
				t.Errorf("the page has %d examples, want all %d", len(got.Operations), len(Operations()))
			}
			got.Operations = nil
			want := settings{Endpoint: "/graphql", Version: "1.2.3", DemoAccounts: []settingAccount{
				{Name: "Ada", Email: "ada@demo.test", Password: "secret", Role: "customer"},
				{Name: "Root", Email: "root@demo.test", Password: "secreter", Role: "admin"},
			}, APIClients: []settingClient{{Name: "Warehouse", Key: "pk_1"}}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the page has other settings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheBuiltPageIsPreferred(t *testing.T) {
	t.Parallel()
	if html := get(handler(built, Options{}), "/").Body.String(); !strings.Contains(html, "full") {
		t.Errorf("served %.60s, want the built page", html)
	}
	withoutBuild := fstest.MapFS{"plain/index.html": built["plain/index.html"], "plain/assets/plain.js": built["plain/assets/plain.js"]}
	if html := get(handler(withoutBuild, Options{}), "/").Body.String(); !strings.Contains(html, "plain") {
		t.Errorf("served %.60s, want the plain page", html)
	}
}

func TestWithoutDemoAccountsTheListsAreEmpty(t *testing.T) {
	t.Parallel()
	html := get(Handler(Options{Endpoint: "/api"}), "/").Body.String()
	if !strings.Contains(html, `"demoAccounts":[],"apiClients":[]`) {
		t.Error("the page's accounts and clients are not the empty lists that its script expects")
	}
	if got := settingsIn(t, html).Endpoint; got != "/api" {
		t.Errorf("the endpoint is %q, want /api", got)
	}
}

func TestAnotherGraphHasNoExamplesOfTheShop(t *testing.T) {
	t.Parallel()
	if got := settingsIn(t, get(Handler(Options{WithoutExamples: true}), "/").Body.String()); got.Operations == nil || len(got.Operations) > 0 {
		t.Errorf("the examples are %v, want an empty list", got.Operations)
	}
}

func TestAccountDataCannotEndItsScriptElement(t *testing.T) {
	t.Parallel()
	evil := `</script><script>alert("1")</script><!-- & ' ` + "\u2028"
	html := get(Handler(Options{Version: evil, DemoAccounts: []DemoAccount{{Email: evil, Password: evil, Roles: []string{evil}}}}), "/").Body.String()
	if strings.Contains(html, "<script>alert") || strings.Contains(html, "<!-- &") || strings.Contains(html, "\u2028") {
		t.Error("the page has the data of an account unescaped")
	}
	if got := settingsIn(t, html); got.Version != evil || got.DemoAccounts[0].Email != evil || got.DemoAccounts[0].Password != evil {
		t.Errorf("the page's script reads %q, want what was given", got.DemoAccounts[0])
	}
}

func TestEveryAssetThatAPageNamesIsServed(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]fs.FS{"embedded": pages, "plain": plainOnly(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := handler(files, Options{})
			links := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(get(h, "/").Body.String(), -1)
			if len(links) < 3 {
				t.Fatalf("the page names %d files, want icon, style and script at least", len(links))
			}
			for _, link := range links {
				r := get(h, link[1])
				if r.Code != http.StatusOK {
					t.Errorf("%s has status %d, want 200", link[1], r.Code)
				}
				want := page.Type(link[1])
				if got := r.Header().Get("Content-Type"); got != want {
					t.Errorf("%s has type %q, want %q", link[1], got, want)
				}
			}
		})
	}
}

func TestThePlainPagesModulesImportOnlyWhatIsServed(t *testing.T) {
	t.Parallel()
	files := plainOnly(t)
	h := handler(files, Options{})
	imports, modules := regexp.MustCompile(`from '\./([^']+)'`), []string{"plain.js"}
	for seen := map[string]bool{}; len(modules) > 0; modules = modules[1:] {
		if seen[modules[0]] {
			continue
		}
		seen[modules[0]] = true
		r := get(h, "/assets/"+modules[0])
		if r.Code != http.StatusOK {
			t.Errorf("module %s has status %d", modules[0], r.Code)
		}
		for _, m := range imports.FindAllStringSubmatch(r.Body.String(), -1) {
			modules = append(modules, m[1])
		}
	}
}

func TestNoPageLoadsFromAnotherOrigin(t *testing.T) {
	t.Parallel()
	elsewhere := regexp.MustCompile(`(?:src|href|import|url\()\s*[=("']+\s*(?:https?:)?//[a-z]`)
	for name, content := range plainOnly(t).(fstest.MapFS) {
		if found := elsewhere.Find(content.Data); found != nil {
			t.Errorf("%s loads %s", name, found)
		}
	}
	for name, files := range map[string]fs.FS{"built": built, "plain": plainOnly(t)} {
		policy := get(handler(files, Options{}), "/").Header().Get("Content-Security-Policy")
		for _, rule := range []string{"default-src 'none'", "script-src 'self';", "connect-src 'self';", "frame-ancestors 'none'"} {
			if !strings.Contains(policy, rule) {
				t.Errorf("the %s page's policy %q lacks %q", name, policy, rule)
			}
		}
		if strings.Contains(policy, "http") || strings.Contains(policy, "*") {
			t.Errorf("the %s page's policy %q allows other origins", name, policy)
		}
	}
}

func TestHashedNamesAreImmutableAndOthersAreRevalidated(t *testing.T) {
	t.Parallel()
	full, plain := handler(built, Options{}), handler(plainOnly(t), Options{})
	for _, tt := range []struct {
		h          http.Handler
		path, want string
	}{
		{full, "/", "no-cache"},
		{full, "/assets/index-Ab12Cd.js", "public, max-age=31536000, immutable"},
		{full, "/assets/licenses.txt", "no-cache"},
		{plain, "/", "no-cache"},
		{plain, "/assets/plain.js", "no-cache"},
	} {
		r := get(tt.h, tt.path)
		if got := r.Header().Get("Cache-Control"); got != tt.want {
			t.Errorf("%s has Cache-Control %q, want %q", tt.path, got, tt.want)
		}
		tag := r.Header().Get("ETag")
		if again := get(tt.h, tt.path, "If-None-Match", tag); tag == "" || again.Code != http.StatusNotModified || again.Body.String() != "" {
			t.Errorf("%s with ETag %q has status %d, want 304 without a body", tt.path, tag, again.Code)
		}
	}
	other := handler(built, Options{Version: "2"})
	if get(full, "/").Header().Get("ETag") == get(other, "/").Header().Get("ETag") {
		t.Error("pages with different settings have the same ETag")
	}
}

// TestCompressedFilesAreServedUnderTheirNames: the build leaves its assets compressed
// by each coding, under names that no page has.
func TestCompressedFilesAreServedUnderTheirNames(t *testing.T) {
	t.Parallel()
	const script = "console.log('full');\n"
	var zipped, brotlied bytes.Buffer
	for out, w := range map[*bytes.Buffer]io.WriteCloser{&zipped: gzip.NewWriter(&zipped), &brotlied: brotli.NewWriter(&brotlied)} {
		if _, err := io.WriteString(w, script); err != nil || w.Close() != nil {
			t.Fatal(out.Len(), err)
		}
	}
	h := handler(fstest.MapFS{
		"dist/index.html":                built["dist/index.html"],
		"dist/assets/index-Ab12Cd.js.gz": {Data: zipped.Bytes()},
		"dist/assets/index-Ab12Cd.js.br": {Data: brotlied.Bytes()},
	}, Options{})
	const path = "/assets/index-Ab12Cd.js"
	for coding, want := range map[string][]byte{"gzip": zipped.Bytes(), "br": brotlied.Bytes(), "": []byte(script)} {
		r := get(h, path, "Accept-Encoding", coding)
		if r.Header().Get("Content-Encoding") != coding || !bytes.Equal(r.Body.Bytes(), want) {
			t.Errorf("for %q the response has %d bytes encoded %q, want the %d that are embedded", coding, r.Body.Len(), r.Header().Get("Content-Encoding"), len(want))
		}
		if got := r.Header().Get("Content-Type"); got != "text/javascript; charset=utf-8" {
			t.Errorf("the type is %q, want that of a script", got)
		}
	}
	for _, suffix := range []string{".gz", ".br"} {
		if r := get(h, path+suffix); r.Code != http.StatusNotFound {
			t.Errorf("the compressed name %s has status %d, want 404", suffix, r.Code)
		}
	}
}

// TestTheFirstViewIsSmall measures what the built page loads before its script
// imports the editor. Without a build there is nothing to measure.
func TestTheFirstViewIsSmall(t *testing.T) {
	t.Parallel()
	if _, err := fs.Stat(pages, "dist/index.html"); err != nil {
		t.Skip("the page is not built")
	}
	const most = 600_000 // bytes
	h := Handler(Options{})
	accept := []string{"Accept-Encoding", "gzip, deflate, br"}
	first := get(h, "/", accept...)
	total := first.Body.Len()
	links := regexp.MustCompile(`(?:src|href)="(/assets/[^"]+)"`).FindAllStringSubmatch(get(h, "/").Body.String(), -1)
	if len(links) < 3 {
		t.Fatalf("the page names %d files, want icon, style and script at least", len(links))
	}
	// A module is loaded with those that it imports statically.
	imports := regexp.MustCompile(`(?:from|import)"\./([^"]+)"`)
	seen := map[string]bool{}
	var load func(path string)
	load = func(path string) {
		if seen[path] {
			return
		}
		seen[path] = true
		total += get(h, path, accept...).Body.Len()
		for _, name := range imports.FindAllStringSubmatch(get(h, path).Body.String(), -1) {
			load("/assets/" + name[1])
		}
	}
	for _, link := range links {
		load(link[1])
	}
	t.Logf("the first view is %d files of %d bytes", len(seen)+1, total)
	if total > most {
		t.Errorf("the first view is %d bytes, want %d at most", total, most)
	}
}

func TestUnknownPathsAreNotFound(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]fs.FS{"built": built, "plain": plainOnly(t), "embedded": pages} {
		h := handler(files, Options{})
		for _, path := range []string{
			"/assets/missing.js", "/assets/", "/assets", "/index.html", "/playground.go", "/dist/index.html",
			"/plain/index.html", "/other", "/operations/1-browse.graphql", "/node_modules",
		} {
			if r := get(h, path); r.Code != http.StatusNotFound {
				t.Errorf("%s: %s has status %d, want 404", name, path, r.Code)
			}
		}
		if r := request(h, http.MethodPost, "/"); r.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s: POST / has status %d, want 405", name, r.Code)
		}
		if r := request(h, http.MethodHead, "/"); r.Code != http.StatusOK || r.Body.String() != "" {
			t.Errorf("%s: HEAD / has status %d and a body, want 200 and none", name, r.Code)
		}
	}
}

func TestThePlainPageNamesTheCommandThatBuildsTheFullOne(t *testing.T) {
	t.Parallel()
	html := get(handler(plainOnly(t), Options{}), "/").Body.String()
	if !strings.Contains(html, "<code>make pages</code>") {
		t.Error("the plain page does not name `make pages`")
	}
}
