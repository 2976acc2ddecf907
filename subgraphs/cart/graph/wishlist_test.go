package graph_test

import (
	"strings"
	"testing"

	"cartograph/internal/auth"
)

const wish = `mutation($v: [ID!]!) { wishlistItemsAdd(variantIds: $v) { wishlist { id } userErrors { code path } } }`

func TestASharedWishlistDoesNotRevealItsOwner(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t)
	id := s.Query(t, ada, wish, map[string]any{"v": []string{"var_mug"}}).Data.(map[string]any)["wishlistItemsAdd"].(map[string]any)["wishlist"].(map[string]any)["id"]
	share := `mutation($id: ID!) { wishlistShare(wishlistId: $id, shared: true) { wishlist { shareUrl owner { id } } } }`
	shared := s.Query(t, ada, share, map[string]any{"id": id}).Data.(map[string]any)["wishlistShare"].(map[string]any)["wishlist"].(map[string]any)
	if owner, _ := shared["owner"].(map[string]any); owner["id"] != ada.ID {
		t.Errorf("the owner sees %v as the owner, want herself", shared["owner"])
	}
	url := shared["shareUrl"].(string)
	read := `query($t: String) { wishlist(shareToken: $t) { name owner { id } shareUrl items { totalCount nodes { snapshot { title } priceWhenAdded { formatted } priceDropped } } } }`
	for _, reader := range []auth.Actor{eve, {Kind: auth.Anonymous}} {
		s.Want(t, reader, read, map[string]any{"t": url[strings.LastIndex(url, "/")+1:]}, `{"wishlist": {"name": "Wishlist", "owner": null, "shareUrl": null,
			"items": {"totalCount": 1, "nodes": [{"snapshot": {"title": "The var_mug"}, "priceWhenAdded": {"formatted": "$12.50"}, "priceDropped": false}]}}}`)
	}
	s.Want(t, eve, `query($r: [_Any!]!) { _entities(representations: $r) { ... on Wishlist { id } ... on User { wishlists { id } } } }`,
		map[string]any{"r": []map[string]any{{"__typename": "Wishlist", "id": id}, {"__typename": "User", "id": ada.ID}}}, `{"_entities": [null, {"wishlists": null}]}`)
}

func TestAPageTakesOneStatementHoweverLong(t *testing.T) {
	t.Parallel()
	s, statements := newServer(t)
	s.Query(t, ada, wish, map[string]any{"v": []string{"var_mug", "var_pen"}})
	for _, name := range []string{"Birthday", "Kitchen"} {
		s.Query(t, ada, `mutation($n: String!) { wishlistCreate(name: $n) { userErrors { code } } }`, map[string]any{"n": name})
	}
	variants := []map[string]any{}
	for _, v := range []string{"var_mug", "var_pen", "var_cup"} {
		variants = append(variants, map[string]any{"__typename": "ProductVariant", "id": v})
	}
	statements.Reset()
	s.Want(t, ada, `query($r: [_Any!]!) { _entities(representations: $r) { ... on ProductVariant { isWishlisted } } }`, map[string]any{"r": variants},
		`{"_entities": [{"isWishlisted": true}, {"isWishlisted": true}, {"isWishlisted": false}]}`)
	if n := statements.N(); n != 1 {
		t.Errorf("marking three variants took %d statements, want 1", n)
	}
	statements.Reset()
	s.Want(t, ada, `query($r: [_Any!]!) { _entities(representations: $r) { ... on User { wishlists { name items(first: 1) { totalCount nodes { variant { id } } pageInfo { hasNextPage } } } } } }`,
		map[string]any{"r": []map[string]any{{"__typename": "User", "id": ada.ID}}}, `{"_entities": [{"wishlists": [
		{"name": "Wishlist", "items": {"totalCount": 2, "nodes": [{"variant": {"id": "var_pen"}}], "pageInfo": {"hasNextPage": true}}},
		{"name": "Birthday", "items": {"totalCount": 0, "nodes": [], "pageInfo": {"hasNextPage": false}}},
		{"name": "Kitchen", "items": {"totalCount": 0, "nodes": [], "pageInfo": {"hasNextPage": false}}}]}]}`)
	if n := statements.N(); n != 3 {
		t.Errorf("three wishlists with their items took %d statements, want 3", n)
	}
}
