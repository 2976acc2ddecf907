package graph_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/id"
	"cartograph/internal/subgraph"
)

const entities = `query($reps: [_Any!]!) { _entities(representations: $reps) {
	__typename
	... on User {
		id displayName locale email phone roles addresses { totalCount nodes { city } }
		defaultShippingAddress { city } defaultBillingAddress { city } sessions { id }
	}
	... on Address { id city }
} }`

func TestEntitiesRevealNothingToStrangers(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	reps := map[string]any{"reps": []any{
		map[string]any{"__typename": "User", "id": adaID},
		map[string]any{"__typename": "User", "id": id.New(id.User)},
		map[string]any{"__typename": "Address", "id": adaHome},
	}}
	const all = `{"_entities": [
		{"__typename": "User", "id": "` + adaID + `", "displayName": "Ada", "locale": "en-US", "email": "ada@demo.test", "phone": "+15035550142",
			"roles": ["CUSTOMER"], "addresses": {"totalCount": 2, "nodes": [{"city": "Portland"}, {"city": "Berlin"}]},
			"defaultShippingAddress": {"city": "Portland"}, "defaultBillingAddress": {"city": "Berlin"}, "sessions": SESSIONS},
		null,
		{"__typename": "Address", "id": "` + adaHome + `", "city": "Portland"}
	]}`
	const hidden = `{"_entities": [
		{"__typename": "User", "id": "` + adaID + `", "displayName": null, "locale": null, "email": null, "phone": null,
			"roles": null, "addresses": null, "defaultShippingAddress": null, "defaultBillingAddress": null, "sessions": null},
		null,
		null
	]}`
	s.Want(t, customer(adaID), entities, reps, strings.ReplaceAll(all, "SESSIONS", "[]"))
	s.Want(t, support(), entities, reps, strings.ReplaceAll(all, "SESSIONS", "null"))
	s.Want(t, customer(kimID), entities, reps, hidden)

	for _, by := range []auth.Actor{anonymous(), {Kind: auth.Guest, ID: adaID, Scopes: []string{"cart:read"}}} {
		a := s.Query(t, by, entities, reps)
		var want map[string]any
		if err := json.Unmarshal([]byte(hidden), &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, a.Data); diff != "" {
			t.Errorf("entities for %s (-want +got):\n%s", by.Kind, diff)
		}
		if got := len(refusals(a)); got != 7 {
			t.Errorf("%d fields were refused to %s, want each of the 7 that need a scope: %v", got, by.Kind, refusals(a))
		}
	}
}

func TestNodesAreFoundByTheirPrefix(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	stubs := map[string]id.Prefix{
		"Product": id.Product, "ProductVariant": id.Variant, "Category": id.Category, "Brand": id.Brand, "Collection": id.Collection,
		"Cart": id.Cart, "Wishlist": id.Wishlist, "Checkout": id.Checkout, "Order": id.Order, "Shipment": id.Shipment, "Return": id.Return, "Payment": id.Payment, "Refund": id.Refund, "Dispute": id.Dispute, "Review": id.Review, "FlashSale": id.FlashSale, "Promotion": id.Promotion,
	}
	for name, prefix := range stubs {
		nodeID := id.New(prefix)
		s.Want(t, anonymous(), `{ node(id: "`+nodeID+`") { __typename ... on `+name+` { nodeId } } }`, nil, `{"node": {"__typename": "`+name+`", "nodeId": "`+nodeID+`"}}`)
	}
	for _, bad := range []string{"", "x", "usr_", "prd_short", id.New("xyz"), id.New(id.User), id.New(id.Address), id.New(id.Session), `usr_\u0000`} {
		s.Want(t, customer(adaID), `{ node(id: "`+bad+`") { id } }`, nil, `{"node": null}`)
	}
	productID := id.New(id.Product)
	const nodes = `query($ids: [ID!]!) { nodes(ids: $ids) { __typename ... on User { id displayName email } ... on Address { id city } ... on Product { nodeId } } }`
	ids := map[string]any{"ids": []string{adaHome, "x", kimID, productID, adaID, adaHome}}
	s.Want(t, customer(adaID), nodes, ids, `{"nodes": [
		{"__typename": "Address", "id": "`+adaHome+`", "city": "Portland"},
		null,
		null,
		{"__typename": "Product", "nodeId": "`+productID+`"},
		{"__typename": "User", "id": "`+adaID+`", "displayName": "Ada", "email": "ada@demo.test"},
		{"__typename": "Address", "id": "`+adaHome+`", "city": "Portland"}
	]}`)
	const usersName = `query($id: ID!) { node(id: $id) { ... on User { displayName } } }`
	kim := map[string]any{"id": kimID}
	for _, by := range []auth.Actor{customer(adaID), anonymous(), {Kind: auth.Guest, ID: id.New(id.Guest)}, {Kind: auth.APIClient, ID: id.New(id.APIClient), Scopes: []string{"orders:read"}}} {
		s.Want(t, by, usersName, kim, `{"node": null}`)
		s.Want(t, by, `query($id: ID!) { node(id: $id) { id } }`, map[string]any{"id": id.New(id.User)}, `{"node": null}`)
	}
	s.Want(t, auth.Actor{Kind: auth.APIClient, ID: id.New(id.APIClient), Scopes: []string{"customers:read"}}, usersName, kim, `{"node": {"displayName": "Kim"}}`)
	s.Want(t, customer(kimID), `query($id: ID!) { node(id: $id) { ... on Address { city } } }`, map[string]any{"id": adaHome}, `{"node": null}`)
	many := make([]string, subgraph.MaxPage+1)
	if diff := cmp.Diff([]string{`["nodes"] BAD_USER_INPUT`}, refusals(s.Query(t, anonymous(), nodes, map[string]any{"ids": many}))); diff != "" {
		t.Errorf("too many ids (-want +got):\n%s", diff)
	}
}
