package supergraph_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/router/supergraph"
)

// linked is a supergraph that links one spec more.
func linked(link, body string) string {
	return `schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION) ` + link + ` { query: Query }
enum join__Graph { A @join__graph(name: "a", url: "http://a") }
` + body
}

const anyQuery = `type Query @join__type(graph: A) { a: Int }`

func TestLinkedSpecsAreKnownOrRefusedByName(t *testing.T) {
	t.Parallel()
	for version, ok := range map[string]bool{"v0.1": false, "v0.2": false, "v0.3": true, "v0.4": true, "v0.5": true, "v0.6": false, "v1.0": false} {
		_, err := supergraph.Parse(strings.Replace(linked("", anyQuery), "join/v0.5", "join/"+version, 1))
		if (err == nil) != ok {
			t.Errorf("join spec %s: %v, want it taken: %t", version, err, ok)
		}
		if err != nil && !strings.Contains(err.Error(), version) {
			t.Errorf("join spec %s: the refusal %q does not name it", version, err)
		}
	}
	for link, refusal := range map[string]string{
		`@link(url: "https://specs.apollo.dev/tag/v0.3")`:                           "",
		`@link(url: "https://specs.apollo.dev/cost/v0.1")`:                          "",
		`@link(url: "https://specs.apollo.dev/cost/v9.9")`:                          "cost spec v9.9",
		`@link(url: "https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY)`:   "",
		`@link(url: "https://specs.apollo.dev/authenticated/v0.1", for: SECURITY)`:  "",
		`@link(url: "https://specs.apollo.dev/requiresScopes/v0.1", for: SECURITY)`: "",
		`@link(url: "https://specs.apollo.dev/policy/v0.1", for: SECURITY)`:         "",
		`@link(url: "https://specs.apollo.dev/policy/v0.2", for: SECURITY)`:         "policy spec v0.2",
		`@link(url: "https://example.com/moat/v1.0", for: SECURITY)`:                "https://example.com/moat/v1.0",
		`@link(url: "https://example.com/authenticated/v0.1", for: SECURITY)`:       "https://example.com/authenticated/v0.1",
		`@link(url: "https://specs.apollo.dev/context/v0.1", for: SECURITY)`:        "context/v0.1",
		`@link(url: "https://specs.apollo.dev/connect/v0.2", for: EXECUTION)`:       "connect/v0.2",
		`@link(url: "https://example.com/words/v1.0", import: ["@word"])`:           "",
		`@link(url: "https://example.com/words")`:                                   "",
		`@link(url: "https://specs.apollo.dev/cacheControl/v0.1", for: EXECUTION)`:  "",
		`@link(url: "https://specs.apollo.dev/inaccessible/v0.2/", for: SECURITY)`:  "",
		`@link(url: "https://specs.apollo.dev/tag/v0.3", for: SECURITY)`:            "tag/v0.3",
	} {
		_, err := supergraph.Parse(linked(link, anyQuery))
		switch {
		case refusal == "" && err != nil:
			t.Errorf("%s: %v, want it taken", link, err)
		case refusal != "" && (err == nil || !strings.Contains(err.Error(), refusal)):
			t.Errorf("%s: %v, want a refusal that names %s", link, err, refusal)
		}
	}
}

// TestRenamedDirectivesStillHold renames each guard as a link may: a rule under
// another name is the same rule.
func TestRenamedDirectivesStillHold(t *testing.T) {
	t.Parallel()
	for link, use := range map[string]string{
		`@link(url: "https://specs.apollo.dev/authenticated/v0.1", for: SECURITY)`:                                                   `@authenticated`,
		`@link(url: "https://specs.apollo.dev/authenticated/v0.1", as: "signedIn", for: SECURITY)`:                                   `@signedIn`,
		`@link(url: "https://specs.apollo.dev/authenticated/v0.1", import: [{name: "@authenticated", as: "@known"}], for: SECURITY)`: `@known`,
	} {
		sg, err := supergraph.Parse(linked(link, `type Query @join__type(graph: A) { a: Int `+use+` }`))
		if err != nil {
			t.Fatal(err)
		}
		if sg.AccessRules()[supergraph.Coordinate{Type: "Query", Field: "a"}].IsOpen() {
			t.Errorf("%s: a field with %s is open to all", link, use)
		}
	}
	for link, use := range map[string]string{
		`@link(url: "https://specs.apollo.dev/cost/v0.1")`:                                                `@cost__listSize`,
		`@link(url: "https://specs.apollo.dev/cost/v0.1", as: "price")`:                                   `@price__listSize`,
		`@link(url: "https://specs.apollo.dev/cost/v0.1", import: ["@cost", "@listSize"])`:                `@listSize`,
		`@link(url: "https://specs.apollo.dev/cost/v0.1", import: [{name: "@listSize", as: "@howMany"}])`: `@howMany`,
	} {
		sg, err := supergraph.Parse(linked(link, `type Query @join__type(graph: A) { a: [Int] `+use+`(assumedSize: 3, slicingArguments: ["n", "by.n"], sizedFields: ["x"], requireOneSlicingArgument: false) }`))
		if err != nil {
			t.Fatal(err)
		}
		want := &supergraph.ListSize{AssumedSize: 3, SlicingArguments: [][]string{{"n"}, {"by", "n"}}, SizedFields: []string{"x"}}
		if diff := cmp.Diff(want, supergraph.ListSizeOf(sg.Type("Query").Fields[0])); diff != "" {
			t.Errorf("%s (-want +got):\n%s", link, diff)
		}
	}
}

func TestAPolicyIsHeldByWhoWasGrantedIt(t *testing.T) {
	t.Parallel()
	sg, err := supergraph.Parse(linked(`@link(url: "https://specs.apollo.dev/policy/v0.1", for: SECURITY)`,
		`type Query @join__type(graph: A) { a: Int @policy(policies: [["x", "y"], ["z"]]) none: Int @policy(policies: []) }`))
	if err != nil {
		t.Fatal(err)
	}
	rules := sg.AccessRules()
	for granted, ok := range map[string]bool{"": false, "x": false, "y": false, "x y": true, "z": true, "x z": true} {
		held := func(name string) bool { return strings.Contains(granted, name) }
		nothing := func(string) bool { return false }
		for _, signedIn := range []bool{true, false} {
			if got := rules[supergraph.Coordinate{Type: "Query", Field: "a"}].AllowsWith(signedIn, nothing, held); got != ok {
				t.Errorf("who was granted %q may read: %t, want %t", granted, got, ok)
			}
		}
		if rules[supergraph.Coordinate{Type: "Query", Field: "none"}].AllowsWith(true, held, held) {
			t.Errorf("a choice of no policies was met by %q", granted)
		}
	}
	scopes := func(string) bool { return true } // a scope of a policy's name is none
	if rules[supergraph.Coordinate{Type: "Query", Field: "a"}].Allows(true, scopes) {
		t.Error("a scope stood for a policy")
	}
}

func TestCacheHintsAreRead(t *testing.T) {
	t.Parallel()
	sg, err := supergraph.Parse(linked("", `type Query @join__type(graph: A) { own: T @cacheControl(maxAge: 60) typed: T mine: Int @cacheControl(maxAge: 5, scope: PRIVATE) none: Int }
		type T @join__type(graph: A) @cacheControl(maxAge: 30) { f: Int @cacheControl(maxAge: 7) t: T }`))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for c, hint := range sg.CacheHints() {
		got[c.Type+"."+c.Field] = fmt.Sprint(hint.MaxAge, " ", hint.Public)
	}
	want := map[string]string{"Query.own": "1m0s true", "Query.typed": "30s true", "Query.mine": "5s false", "T.f": "7s true"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("hints (-want +got):\n%s", diff)
	}
}
