package graph_test

import (
	"testing"

	"cartograph/internal/auth"
)

func TestOnlyCustomersReadRevealsWhoseACartIs(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t)
	s.Query(t, ada, add, map[string]any{"v": "var_mug", "n": 2})
	a := s.Query(t, ada, `{ activeCart { id } }`, nil)
	cart := a.Data.(map[string]any)["activeCart"].(map[string]any)["id"]
	s.Query(t, ada, `mutation($c: ID!) { cartNoteUpdate(cartId: $c, note: "for Annabella") { cart { id } } }`, map[string]any{"c": cart})

	ways := `query($r: [_Any!]!) { _entities(representations: $r) { ... on Cart { totalQuantity note owner { id } } ... on User { cart { note } } } }`
	representations := map[string]any{"r": []map[string]any{{"__typename": "Cart", "id": cart}, {"__typename": "User", "id": ada.ID}}}
	client := auth.Actor{Kind: auth.APIClient, ID: "app_1", Scopes: []string{"cart:read", "carts:read"}}
	s.Want(t, client, ways, representations, `{"_entities": [{"totalQuantity": 2, "note": null, "owner": null}, {"cart": null}]}`)

	whole := `{"_entities": [{"totalQuantity": 2, "note": "for Annabella", "owner": {"id": "` + ada.ID + `"}}, {"cart": {"note": "for Annabella"}}]}`
	s.Want(t, ada, ways, representations, whole)
	client.Scopes = append(client.Scopes, "customers:read")
	s.Want(t, client, ways, representations, whole)
}
