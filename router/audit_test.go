package router_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// audit is one rule of GraphQL over HTTP: what is sent, and what may come back.
type audit struct {
	rule     string
	get      url.Values // by GET, if set; else body by POST
	body     string
	accept   string
	typeless bool // no Content-Type
	charset  string

	statuses [2]int // from, to
	errors   string // "none", "some" or "" for either
	noData   bool
}

var (
	ok         = [2]int{200, 200}
	badRequest = [2]int{400, 400}
	clientsOwn = [2]int{400, 499}
	anyError   = [2]int{400, 599}
)

const (
	mediaJSON    = "application/json"
	mediaGraphQL = "application/graphql-response+json"
)

// audits are the rules that the public audits of GraphQL over HTTP check, those
// that a server may choose included.
func audits() []audit {
	const typename = `{"query":"{ __typename }"}`
	const byName = `query Type($name: String!) { __type(name: $name) { name } }`
	const withVariables = `{"query":"` + byName + `","variables":{"name":"sometype"}}`
	get := url.Values{"query": {"{ __typename }"}}
	getWithVariables := url.Values{"query": {byName}, "variables": {`{"name":"sometype"}`}}
	list := []audit{
		{rule: "the GraphQL media type is accepted", body: typename, accept: mediaGraphQL, statuses: ok},
		{rule: "application/json is accepted", body: typename, accept: mediaJSON, statuses: ok},
		{rule: "*/* means application/json", body: typename, accept: "*/*", statuses: ok},
		{rule: "no Accept means application/json", get: get, statuses: ok},
		{rule: "answers are UTF-8", body: typename, statuses: ok},
		{rule: "requests may declare UTF-8", body: typename, charset: "; charset=utf-8", statuses: ok},
		{rule: "requests are UTF-8 by default", body: typename, statuses: ok},
		{rule: "POST is taken", body: typename, statuses: ok},
		{rule: "GET is taken", get: get, statuses: ok},
		{rule: "GET runs no mutation", get: url.Values{"query": {"mutation { __typename }"}}, accept: mediaGraphQL, statuses: clientsOwn},
		{rule: "POST needs a content type", body: typename, typeless: true, statuses: clientsOwn},
		{rule: "application/json is taken", body: typename, statuses: ok},
		{rule: "POST needs a body", body: "", statuses: badRequest},
		{rule: "query is needed", body: `{"notquery":"{ __typename }"}`, accept: mediaGraphQL, statuses: badRequest},
		{rule: "a misspelt query may be any error", body: `{"qeury":"{ __typename }"}`, statuses: anyError},
		{rule: "a misspelt query is a bad request", body: `{"qeury":"{ __typename }"}`, statuses: badRequest},
		{rule: "no JSON is an answer all the same", body: `{ "not a JSON`, accept: mediaJSON, statuses: anyError},
		{rule: "no JSON is a bad request", body: `{ "not a JSON`, accept: mediaJSON, statuses: badRequest},
		{rule: "no JSON is a bad request", body: `{ "not a JSON`, accept: mediaGraphQL, statuses: badRequest},
		{rule: "variables by GET", get: getWithVariables, accept: mediaGraphQL, statuses: ok, errors: "none"},
		{rule: "variables by GET", get: getWithVariables, accept: mediaJSON, statuses: ok, errors: "none"},
		{rule: "no GraphQL is a 200", body: `{"query":"{"}`, accept: mediaJSON, statuses: ok},
		{rule: "an unknown field is a 200", body: `{"query":"{ nobodyKnowsThisField }"}`, accept: mediaJSON, statuses: ok},
		{rule: "a wrong variable is a 200", body: `{"query":"query($id: ID!){ __typename }","variables":{"id":null}}`, accept: mediaJSON, statuses: ok},
		{rule: "no GraphQL is an error", body: `{"query":"{"}`, accept: mediaGraphQL, statuses: anyError},
		{rule: "no GraphQL is a bad request", body: `{"query":"{"}`, accept: mediaGraphQL, statuses: badRequest},
		{rule: "no GraphQL has no data", body: `{"query":"{"}`, accept: mediaGraphQL, statuses: badRequest, noData: true},
		{rule: "an unknown field is an error", body: `{"query":"{ nobodyKnowsThisField }"}`, accept: mediaGraphQL, statuses: anyError},
		{rule: "an unknown field is a bad request", body: `{"query":"{ nobodyKnowsThisField }"}`, accept: mediaGraphQL, statuses: badRequest},
		{rule: "an unknown field has no data", body: `{"query":"{ nobodyKnowsThisField }"}`, accept: mediaGraphQL, statuses: badRequest, noData: true},
		{rule: "a wrong variable is a bad request", body: `{"query":"query($id: ID!){ __typename }","variables":{"id":null}}`, accept: mediaGraphQL, statuses: badRequest},
	}
	for _, wrong := range []struct{ member, values string }{
		{"query", `{"an":"object"} 0 false ["array"]`},
		{"operationName", `{"an":"object"} 0 false ["array"]`},
		{"variables", `"string" 0 false ["array"]`},
		{"extensions", `"string" 0 false ["array"]`},
	} {
		for value := range strings.FieldsSeq(wrong.values) {
			body := fmt.Sprintf(`{"query":"{ __typename }",%q:%s}`, wrong.member, value)
			list = append(list, audit{rule: "a wrong " + wrong.member + " is a bad request", body: body, statuses: badRequest})
		}
	}
	for _, media := range []string{mediaGraphQL, mediaJSON} {
		list = append(list,
			audit{rule: "query is text", body: typename, accept: media, statuses: ok, errors: "none"},
			audit{rule: "operationName is text", body: `{"query":"query Query { __typename }","operationName":"Query"}`, accept: media, statuses: ok, errors: "none"},
			audit{rule: "variables are a map", body: withVariables, accept: media, statuses: ok, errors: "none"},
			audit{rule: "extensions are a map", body: `{"query":"{ __typename }","extensions":{"some":"value"}}`, accept: media, statuses: ok, errors: "none"},
		)
		for _, member := range []string{"variables", "operationName", "extensions"} {
			list = append(list, audit{
				rule: member + " may be null", body: fmt.Sprintf(`{"query":"{ __typename }",%q:null}`, member), accept: media, statuses: ok, errors: "none",
			})
		}
	}
	return list
}

func TestEveryRuleOfGraphQLOverHTTPHolds(t *testing.T) {
	t.Parallel()
	list := audits()
	if len(list) != 61 {
		t.Fatalf("%d rules, the audits have 61", len(list))
	}
	s := newShop(t, nil)
	for _, a := range list {
		method, search, headers := http.MethodPost, "", []string{"Content-Type", mediaJSON + a.charset}
		if a.get != nil {
			method, search, headers = http.MethodGet, "?"+a.get.Encode(), nil
		}
		if a.typeless {
			headers = nil
		}
		if a.accept != "" {
			headers = append(headers, "Accept", a.accept)
		}
		a.check(t, s.send(t, method, search, a.body, headers...))
	}
}

func (a audit) check(t *testing.T, got response) {
	t.Helper()
	if got.Status < a.statuses[0] || got.Status > a.statuses[1] {
		t.Errorf("%s (%s): %d, want %d to %d: %s", a.rule, a.accept, got.Status, a.statuses[0], a.statuses[1], got.Body)
	}
	want := mediaJSON
	if a.accept == mediaGraphQL && got.Status < 300 {
		want = mediaGraphQL
	}
	media, charset, _ := strings.Cut(got.Header.Get("Content-Type"), "; ")
	if charset != "charset=utf-8" || got.Status < 300 && media != want || !slices.Contains([]string{mediaJSON, mediaGraphQL}, media) {
		t.Errorf("%s (%s): Content-Type %q, want %s in UTF-8", a.rule, a.accept, got.Header.Get("Content-Type"), want)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(got.Body), &members); err != nil {
		t.Errorf("%s (%s): %v: %s", a.rule, a.accept, err, got.Body)
	}
	_, errors := members["errors"]
	if _, data := members["data"]; data && a.noData {
		t.Errorf("%s (%s): the refusal has data: %s", a.rule, a.accept, got.Body)
	}
	if a.errors == "none" && errors || got.Status >= 400 && !errors {
		t.Errorf("%s (%s): errors are there: %v: %s", a.rule, a.accept, errors, got.Body)
	}
}
