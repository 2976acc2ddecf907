package serve

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.yaml.in/yaml/v3"

	"cartograph/internal/settings"
	"cartograph/router"
	"cartograph/router/ratelimit"
)

const example = "../router.example.yaml"

func readExample(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestTheExampleHoldsAndShowsTheDefaults(t *testing.T) {
	t.Setenv("PARTNER_KEY_SHA256", strings.Repeat("0f", 32))
	got, err := Source{File: example}.Load()
	if err != nil {
		t.Fatal(err)
	}
	var want Settings
	settings.New(&want, prefix)
	want.Supergraph, want.Listen = filepath.Join("..", "supergraph.graphql"), defaultListen
	ignored := cmpopts.IgnoreFields(Settings{}, "Subgraphs", "Issuers", "APIKeys", "file")
	if diff := cmp.Diff(want, got, ignored, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("the example differs from the defaults (-default +example):\n%s", diff)
	}
	if len(got.Subgraphs) != 1 || len(got.Issuers) != 1 || len(got.APIKeys) != 1 {
		t.Error("the example shows no subgraph, issuer or key")
	}
}

func TestTheExampleNamesEverySettingAndVariable(t *testing.T) {
	t.Parallel()
	text := readExample(t)
	var document map[string]any
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	collect(document, "", shown)
	for _, path := range keys(reflect.TypeFor[Settings](), "") {
		if !shown[path] {
			t.Errorf("the example does not show %s", path)
		}
	}
	known := settings.Variables(Settings{})
	named := regexp.MustCompile(`\bROUTER_([A-Z_]+)`).FindAllStringSubmatch(text, -1)
	var names []string
	for _, match := range named {
		names = append(names, match[1])
	}
	slices.Sort(names)
	slices.Sort(known)
	if diff := cmp.Diff(known, slices.Compact(names)); diff != "" {
		t.Errorf("variables (-known +in the example):\n%s", diff)
	}
}

// collect lists the keys of a document; members of lists and maps of a struct
// have the path of what they are in.
func collect(value any, path string, into map[string]bool) {
	switch v := value.(type) {
	case map[string]any:
		for key, child := range v {
			at := strings.TrimPrefix(path+"."+key, ".")
			into[at] = true
			if at == "subgraphs" {
				for _, one := range child.(map[string]any) {
					collect(one, at, into)
				}
				continue
			}
			collect(child, at, into)
		}
	case []any:
		for _, child := range v {
			collect(child, path, into)
		}
	}
}

func keys(of reflect.Type, path string) []string {
	var all []string
	for field := range of.Fields() {
		key := field.Tag.Get("yaml")
		if key == "" {
			continue
		}
		at := strings.TrimPrefix(path+"."+key, ".")
		all = append(all, at)
		inner := field.Type
		if inner.Kind() == reflect.Slice || inner.Kind() == reflect.Map {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct && inner.PkgPath() == of.PkgPath() && inner != reflect.TypeFor[FieldRate]() {
			all = append(all, keys(inner, at)...)
		}
	}
	return all
}

// TestDefaultsAreTheRouters holds the two lists of defaults together.
func TestDefaultsAreTheRouters(t *testing.T) {
	t.Parallel()
	var s Settings
	settings.New(&s, prefix)
	if diff := cmp.Diff(router.DefaultLimits(), s.limits()); diff != "" {
		t.Errorf("limits (-router +settings):\n%s", diff)
	}
	s.Rate.Enabled = true
	policy := ratelimit.DefaultPolicy()
	if diff := cmp.Diff(policy, s.Rate.policy(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("rates (-router +settings):\n%s", diff)
	}
}

func TestSettingsReachTheRouter(t *testing.T) {
	t.Parallel()
	var s Settings
	reader := settings.New(&s, prefix)
	reader.File("router.yaml", []byte(`
override_urls: {reviews: http://two}
executor: engine
client: net/http
introspection: signed-in
explain: true
trusted_proxies: 2
subgraphs:
  reviews: {url: http://one, timeout: 2s, subscriptions: ws, breaker: {consecutive: 3}}
cors: {origins: [https://shop.example]}
cost: {anonymous: 5, signed_in: 7}
rate_limit: {enabled: true, user: "60:10", fields: {login: "20:20/120:600"}}
persisted: {mode: "off"}
batch: {size: 0, exclude: [pay]}
limits: {depth: 3}
`))
	if err := reader.Err(); err != nil {
		t.Fatal(err)
	}
	c := s.Config("sdl")
	for name, got := range map[string]bool{
		"SDL": c.SDL == "sdl", "URL": c.URLs["reviews"] == "http://two", "executor": c.Executor == router.EngineExecutor,
		"client": c.Client == "net/http", "introspection": c.Introspection && c.IntrospectionSignedIn, "explain": c.Explain,
		"proxies": c.Proxies == 2, "subgraph": c.Subgraphs["reviews"].Subscriptions == "ws" && c.Subgraphs["reviews"].Breaker.ConsecutiveFailures == 3,
		"origins": slices.Equal(c.Origins, []string{"https://shop.example"}), "cost": c.Cost.Anonymous == 5 && c.Cost.SignedIn == 7,
		"rate": c.Rate.User.Burst == 10 && c.Rate.Fields["login"].PerAddress.PerMinute == 120, "persisted": c.Documents.Mode == "off",
		"batch": c.Limits.Batch < 0 && slices.Equal(c.BatchExclude, []string{"pay"}), "limits": c.Limits.Operation.Depth == 3,
	} {
		if !got {
			t.Errorf("%s does not reach the router", name)
		}
	}
}

func TestValuesAreCheckedBeyondTheirTags(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"path: graphql\n": `router.yaml:1: path: "graphql" is not a path that begins with /`,
		"issuers:\n  - audience: a\n    keys_url: http://k": "router.yaml:2: issuers[0]: name is required",
		"issuers:\n  - name: a\n":                           "router.yaml:2: issuers[0]: keys_url is required",
		"api_keys:\n  - id: a\n    sha256: short\n":         "router.yaml:2: api_keys[0]: sha256 must be",
		"internal_secret: short\n":                          "router.yaml:1: internal_secret: 5 bytes, at least 32",
		"limits: {body: 1MiB, memory: 15MiB}\n":             "router.yaml:1: limits.memory: 15MiB is less than 16 times limits.body, 1MiB",
		"rate_limit: {user: fast}\n":                        `router.yaml:1: rate_limit.user: "fast" is not a rate`,
		"persisted: {mode: some}\n":                         `router.yaml:1: persisted.mode: "some" is not one of`,
		"subgraphs:\n  a: {timout: 1s}\n":                   "router.yaml:2: subgraphs.a.timout: unknown setting; did you mean timeout?",
	} {
		var s Settings
		reader := settings.New(&s, prefix)
		reader.File("router.yaml", []byte(file))
		reader.Check()
		if err := reader.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", file, err, want)
		}
	}
}
