package graph_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/id"
	"cartograph/internal/subgraph"
	"cartograph/internal/subgraph/subgraphtest"
)

func TestAddressesComeInPages(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	const page = `query($first: Int, $after: String) { me { addresses(first: $first, after: $after) {
		totalCount nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`
	var seen []string
	after := any(nil)
	for range 3 {
		data := s.Must(t, customer(adaID), page, map[string]any{"first": 1, "after": after})
		addresses := data.At("me", "addresses")
		if total := subgraphtest.At(addresses, "totalCount"); total != 2.0 {
			t.Errorf("totalCount = %v, want 2", total)
		}
		for _, node := range subgraphtest.At(addresses, "nodes").([]any) {
			seen = append(seen, subgraphtest.At(node, "id").(string))
		}
		if subgraphtest.At(addresses, "pageInfo", "hasNextPage") != (len(seen) == 1 && after == nil) {
			t.Errorf("page after %v: %v", after, subgraphtest.At(addresses, "pageInfo"))
		}
		if end := subgraphtest.At(addresses, "pageInfo", "endCursor"); end != nil {
			after = end
		}
	}
	if diff := cmp.Diff([]string{adaHome, adaStudio}, seen); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	for _, bad := range []map[string]any{
		{"first": -1}, {"first": 101}, {"after": "nonsense"}, {"after": subgraph.EncodeCursor("orders", adaHome)}, {"after": subgraph.EncodeCursor("addresses", 1)},
	} {
		if diff := cmp.Diff([]string{`["me","addresses"] BAD_USER_INPUT`}, refusals(s.Query(t, customer(adaID), page, bad))); diff != "" {
			t.Errorf("%v (-want +got):\n%s", bad, diff)
		}
	}
}

func TestReadsCostFewStatements(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	user := func(userID string) any { return map[string]any{"__typename": "User", "id": userID} }
	for name, c := range map[string]struct {
		by        auth.Actor
		query     string
		variables map[string]any
		most      int
	}{
		"requestContext": {customer(adaID), "{ requestContext { serverTime } }", nil, 0},
		"me":             {customer(adaID), "{ me { displayName email roles } }", nil, 1},
		"me with addresses": {
			customer(adaID),
			"{ me { addresses { totalCount nodes { formatted } } defaultShippingAddress { city } defaultBillingAddress { city } sessions { id } } }", nil, 5,
		},
		"names of many users": {anonymous(), entitiesOf("displayName"), map[string]any{"reps": []any{user(adaID), user(kimID), user(adaID)}}, 1},
		"addresses of many users": {
			support(), entitiesOf("addresses { nodes { city } } defaultShippingAddress { city }"),
			map[string]any{"reps": []any{user(adaID), user(kimID), user(adaID)}},
			3,
		},
		"nodes": {
			customer(adaID), "query($ids: [ID!]!) { nodes(ids: $ids) { id } }",
			map[string]any{"ids": []string{adaID, kimID, adaHome, adaStudio, id.New(id.Product)}},
			2,
		},
	} {
		s.statements.Reset()
		s.Must(t, c.by, c.query, c.variables)
		if n := s.statements.N(); n > c.most {
			t.Errorf("%s cost %d statements, want %d:\n%s", name, n, c.most, strings.Join(s.statements.SQL(), "\n"))
		}
	}
}

func entitiesOf(fields string) string {
	return "query($reps: [_Any!]!) { _entities(representations: $reps) { ... on User { " + fields + " } } }"
}
