package execute

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"

	"cartograph/internal/auth"
	"cartograph/router/gqlerr"
	"cartograph/router/supergraph"
)

func TestAFieldIsDeniedForAReason(t *testing.T) {
	t.Parallel()
	rules := map[supergraph.Coordinate]supergraph.Access{
		{Type: "T", Field: "signedIn"}: {Authenticated: true},
		{Type: "T", Field: "scoped"}:   {Scopes: [][][]string{{{"read", "list"}, {"admin"}}}},
		{Type: "T", Field: "policed"}:  {Policies: [][][]string{{{"support"}}}},
	}
	fields := []supergraph.Coordinate{{Type: "T", Field: "open"}, {Type: "T", Field: "signedIn"}, {Type: "T", Field: "scoped"}, {Type: "T", Field: "policed"}}
	const unauthenticated, forbidden = gqlerr.Unauthenticated, gqlerr.Forbidden
	for _, c := range []struct {
		claim    string
		actor    auth.Actor
		policies []string
		want     []gqlerr.Code
	}{
		{"an anonymous caller has to sign in", auth.Actor{Kind: auth.Anonymous}, nil, []gqlerr.Code{"", unauthenticated, unauthenticated, unauthenticated}},
		{"a guest has to sign in", auth.Actor{Kind: auth.Guest, ID: "gst_1"}, nil, []gqlerr.Code{"", unauthenticated, unauthenticated, unauthenticated}},
		{"a user without scopes is refused", auth.Actor{Kind: auth.User, ID: "usr_1"}, nil, []gqlerr.Code{"", "", forbidden, forbidden}},
		{"half a set of scopes is not enough", auth.Actor{Kind: auth.User, ID: "usr_1", Scopes: []string{"read"}}, nil, []gqlerr.Code{"", "", forbidden, forbidden}},
		{"a whole set is", auth.Actor{Kind: auth.User, ID: "usr_1", Scopes: []string{"list", "read"}}, nil, []gqlerr.Code{"", "", "", forbidden}},
		{"another set is too", auth.Actor{Kind: auth.User, ID: "usr_1", Scopes: []string{"admin"}}, nil, []gqlerr.Code{"", "", "", forbidden}},
		{"a policy counts when it is granted", auth.Actor{Kind: auth.User, ID: "usr_1", Scopes: []string{"admin"}}, []string{"other", "support"}, nil},
		{"and no other policy", auth.Actor{Kind: auth.User, ID: "usr_1", Scopes: []string{"admin"}}, []string{"other"}, []gqlerr.Code{"", "", "", forbidden}},
	} {
		g := authorizer{rules, c.actor, c.policies}
		if diff := cmp.Diff(c.want, g.denials(fields)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.claim, diff)
		}
		var coordinates []resolve.GraphCoordinate
		for _, f := range fields {
			coordinates = append(coordinates, resolve.GraphCoordinate{TypeName: f.Type, FieldName: f.Field})
		}
		decisions, err := g.AuthorizeFields(nil, coordinates)
		if err != nil || len(decisions) != len(fields) {
			t.Fatalf("%s: %d decisions, %v", c.claim, len(decisions), err)
		}
		for i, d := range decisions {
			var want gqlerr.Code
			if c.want != nil {
				want = c.want[i]
			}
			if d.Allowed != (want == "") || d.Reason != string(want) {
				t.Errorf("%s: the engine's decision on %s is %v for %q, want the same as ours, %q", c.claim, fields[i].Field, d.Allowed, d.Reason, want)
			}
		}
	}
}

func TestDeniedFieldsAreNullAndNotRequested(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	g.responses = map[string]string{
		"accounts": `{"data":{"greeting":"hi","staff":[{"name":"Ada","email":"a@b"}],"secret":"s","account":{"balance":1},"wave":"o/","rename":{"id":"1"},"_entities":[{"email":"a@b"}]}}`,
		"reviews":  `{"data":{"latestReviews":[{"author":{"__typename":"User","id":"1","name":"Ada"}}]}}`,
	}
	const none = "none"
	for _, c := range []struct {
		claim, query string
		scopes       string
		data         string
		errors       []string
		requests     int // to accounts
	}{
		{"only denied fields", `{ account(id: "1") { balance } }`, none, `{"account":null}`, []string{"UNAUTHENTICATED account"}, 0},
		{"an open field beside", `{ greeting account(id: "1") { balance } }`, none, `{"greeting":"hi","account":null}`, []string{"UNAUTHENTICATED account"}, 1},
		{"signed in", `{ account(id: "1") { balance } }`, "", `{"account":{"balance":1}}`, nil, 1},
		{"a denied non-null root makes data null", `{ greeting secret }`, "", `null`, []string{"FORBIDDEN secret"}, 1},
		{"a granted non-null root", `{ secret }`, "secrets:read", `{"secret":"s"}`, nil, 1},
		{"a field in a granted list", `{ staff { name email } }`, "admin", `{"staff":[{"name":"Ada","email":null}]}`, []string{"FORBIDDEN staff.0.email"}, 1},
		{"an entity of only denied fields", `{ latestReviews { author { name email } } }`, "", `{"latestReviews":[{"author":{"name":"Ada","email":null}}]}`, []string{"FORBIDDEN latestReviews.0.author.email"}, 0},
		{"an entity with its scope", `{ latestReviews { author { name email } } }`, "profile:read", `{"latestReviews":[{"author":{"name":"Ada","email":"a@b"}}]}`, nil, 1},
		{"a mutation with a denied field takes no effect", `mutation { rename(name: "x") { id } wave }`, none, `{"rename":null,"wave":"o/"}`, []string{"UNAUTHENTICATED rename"}, 1},
		{"a granted mutation", `mutation { rename(name: "x") { id } }`, "", `{"rename":{"id":"1"}}`, nil, 1},
	} {
		caller := signedIn(strings.Fields(c.scopes)...)
		if c.scopes == none {
			caller = anonymous()
		}
		g.take("accounts")
		g.runAs(t, caller, c.query, "").want(t, c.claim, c.data, c.errors...)
		requests := g.take("accounts")
		if len(requests) != c.requests {
			t.Errorf("%s: accounts gets %v, want %d requests", c.claim, requests, c.requests)
		}
		if strings.Contains(c.claim, "no effect") && strings.Contains(strings.Join(requests, ""), "rename") {
			t.Errorf("%s: accounts gets %v", c.claim, requests)
		}
	}
}

// The error of a denied field must not depend on whether there is data: its
// presence would reveal that to a caller who may not read it.
func TestADenialDoesNotShowWhetherThereIsData(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	for staff, data := range map[string]string{`null`: `{"staff":null}`, `[]`: `{"staff":[]}`} {
		g.responses = map[string]string{"accounts": `{"data":{"staff":` + staff + `}}`}
		g.runAs(t, signedIn("admin"), `{ staff { email } }`, "").want(t, "staff that is "+staff, data, "FORBIDDEN staff.email")
	}
}

func TestWithoutRulesEverythingIsOpen(t *testing.T) {
	t.Parallel()
	g := newGraph(t, func(o *Options) { o.Rules = nil })
	g.run(t, `{ account(id: "1") { balance } }`, map[string]string{"accounts": `{"data":{"account":{"balance":1}}}`}).want(t, "no rules", `{"account":{"balance":1}}`)
}

func TestPoliciesAreGrantedToASession(t *testing.T) {
	t.Parallel()
	e := newExecutor(nil)
	session := e.NewSession(anonymous(), nil)
	before := session.grantedPolicies()
	session.GrantPolicies([]string{"a"})
	first := session.grantedPolicies()
	session.GrantPolicies([]string{"b"})
	if diff := cmp.Diff([][]string{nil, {"a"}, {"a", "b"}}, [][]string{before, first, session.grantedPolicies()}); diff != "" {
		t.Errorf("policies of running operations and of the next (-want +got):\n%s", diff)
	}
}
