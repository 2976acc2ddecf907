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

	"github.com/google/go-cmp/cmp"

	"cartograph/router/internal/page"
)

// built stands for what the build writes, so that no test depends on whether
// it has been run.
var built = fstest.MapFS{
	"dist/index.html":             {Data: []byte("<html>full " + slot + "</html>")},
	"dist/assets/index-Ab12Cd.js": {Data: []byte(strings.Repeat("console.log('full');\n", 100))},
	"dist/assets/index-Ef34.css":  {Data: []byte("body{}")},
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

// settingsIn reads what a page was told, as its script does.
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
				t.Errorf("the page is answered with %d %s, want 200 and HTML", r.Code, r.Header().Get("Content-Type"))
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
				t.Errorf("the page was told otherwise (-want +got):\n%s", diff)
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

func TestNobodyToSignInAsMeansEmptyLists(t *testing.T) {
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

func TestPeoplesDataCannotLeaveItsScript(t *testing.T) {
	t.Parallel()
	evil := `</script><script>alert("1")</script><!-- & ' ` + "\u2028"
	html := get(Handler(Options{Version: evil, DemoAccounts: []DemoAccount{{Email: evil, Password: evil, Roles: []string{evil}}}}), "/").Body.String()
	if strings.Contains(html, "<script>alert") || strings.Contains(html, "<!-- &") || strings.Contains(html, "\u2028") {
		t.Error("the page holds the person's data unescaped")
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
					t.Errorf("%s is answered with %d, want 200", link[1], r.Code)
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
			t.Errorf("module %s is answered with %d", modules[0], r.Code)
		}
		for _, m := range imports.FindAllStringSubmatch(r.Body.String(), -1) {
			modules = append(modules, m[1])
		}
	}
}

func TestNoPageAsksAnotherOrigin(t *testing.T) {
	t.Parallel()
	elsewhere := regexp.MustCompile(`(?:src|href|import|url\()\s*[=("']+\s*(?:https?:)?//[a-z]`)
	for name, content := range plainOnly(t).(fstest.MapFS) {
		if found := elsewhere.Find(content.Data); found != nil {
			t.Errorf("%s asks for %s", name, found)
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
			t.Errorf("the %s page's policy %q lets in others", name, policy)
		}
	}
}

func TestHashedNamesAreKeptByBrowsersAndOthersAreChecked(t *testing.T) {
	t.Parallel()
	full, plain := handler(built, Options{}), handler(plainOnly(t), Options{})
	for _, tt := range []struct {
		h          http.Handler
		path, want string
	}{
		{full, "/", "no-cache"},
		{full, "/assets/index-Ab12Cd.js", "public, max-age=31536000, immutable"},
		{plain, "/", "no-cache"},
		{plain, "/assets/plain.js", "no-cache"},
	} {
		r := get(tt.h, tt.path)
		if got := r.Header().Get("Cache-Control"); got != tt.want {
			t.Errorf("%s has Cache-Control %q, want %q", tt.path, got, tt.want)
		}
		tag := r.Header().Get("ETag")
		if again := get(tt.h, tt.path, "If-None-Match", tag); tag == "" || again.Code != http.StatusNotModified || again.Body.String() != "" {
			t.Errorf("%s asked again with ETag %q is answered with %d, want 304 and nothing", tt.path, tag, again.Code)
		}
	}
	other := handler(built, Options{Version: "2"})
	if get(full, "/").Header().Get("ETag") == get(other, "/").Header().Get("ETag") {
		t.Error("pages with different settings have the same ETag")
	}
}

func TestAssetsAreCompressedForThoseWhoAcceptIt(t *testing.T) {
	t.Parallel()
	h := handler(built, Options{})
	const path = "/assets/index-Ab12Cd.js"
	want := get(h, path).Body.String()
	for accepted, zipped := range map[string]bool{
		"gzip": true, "gzip, deflate, br": true, "br, GZIP;q=0.5": true, "br;q=1.0, gzip; q=0.8": true,
		"": false, "br": false, "gzip;q=0": false, "gzip; q=0.000": false, "x-gzip": false, "gzip;q=x": false,
	} {
		r := get(h, path, "Accept-Encoding", accepted)
		if got := r.Header().Get("Content-Encoding") == "gzip"; got != zipped {
			t.Errorf("for Accept-Encoding %q compressed is %v, want %v", accepted, got, zipped)
			continue
		}
		if r.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("Vary is %q, want Accept-Encoding", r.Header().Get("Vary"))
		}
		if !zipped {
			continue
		}
		content, err := gzip.NewReader(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(content); err != nil || string(got) != want {
			t.Errorf("for %q the content differs from the plain one: %v", accepted, err)
		}
	}
}

// TestCompressedFilesAreServedAsWhatTheyHold: the build leaves its assets
// compressed, under names that no page knows.
func TestCompressedFilesAreServedAsWhatTheyHold(t *testing.T) {
	t.Parallel()
	const script = "console.log('full');\n"
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	if _, err := w.Write([]byte(script)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	h := handler(fstest.MapFS{
		"dist/index.html":                built["dist/index.html"],
		"dist/assets/index-Ab12Cd.js.gz": {Data: zipped.Bytes()},
	}, Options{})
	r := get(h, "/assets/index-Ab12Cd.js", "Accept-Encoding", "gzip")
	if r.Header().Get("Content-Encoding") != "gzip" || !bytes.Equal(r.Body.Bytes(), zipped.Bytes()) {
		t.Errorf("who accepts gzip gets %d bytes encoded %q, want the %d as they are embedded", r.Body.Len(), r.Header().Get("Content-Encoding"), zipped.Len())
	}
	if got := r.Header().Get("Content-Type"); got != "text/javascript; charset=utf-8" {
		t.Errorf("the type is %q, want that of a script", got)
	}
	if r := get(h, "/assets/index-Ab12Cd.js"); r.Body.String() != script || r.Header().Get("Content-Encoding") != "" {
		t.Errorf("who accepts nothing gets %q encoded %q, want %q", r.Body, r.Header().Get("Content-Encoding"), script)
	}
	if r := get(h, "/assets/index-Ab12Cd.js.gz"); r.Code != http.StatusNotFound {
		t.Errorf("the compressed name is answered with %d, want 404", r.Code)
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]fs.FS{"built": built, "plain": plainOnly(t), "embedded": pages} {
		h := handler(files, Options{})
		for _, path := range []string{
			"/assets/missing.js", "/assets/", "/assets", "/index.html", "/playground.go", "/dist/index.html",
			"/plain/index.html", "/other", "/operations/1-browse.graphql", "/node_modules",
		} {
			if r := get(h, path); r.Code != http.StatusNotFound {
				t.Errorf("%s: %s is answered with %d, want 404", name, path, r.Code)
			}
		}
		if r := request(h, http.MethodPost, "/"); r.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s: POST / is answered with %d, want 405", name, r.Code)
		}
		if r := request(h, http.MethodHead, "/"); r.Code != http.StatusOK || r.Body.String() != "" {
			t.Errorf("%s: HEAD / is answered with %d and a body, want 200 and none", name, r.Code)
		}
	}
}

func TestThePlainPageSaysHowToGetTheFullOne(t *testing.T) {
	t.Parallel()
	html := get(handler(plainOnly(t), Options{}), "/").Body.String()
	if !strings.Contains(html, "<code>make pages</code>") {
		t.Error("the plain page does not name `make pages`")
	}
}
