package graph_test

import (
	"context"
	"log/slog"
	"slices"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"cartograph/internal/auth"
	"cartograph/internal/outbox"
	"cartograph/internal/pgtest"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/internal/subgraph/subgraphtest"
	"cartograph/subgraphs/cart"
	"cartograph/subgraphs/cart/db"
	"cartograph/subgraphs/cart/graph"
	"cartograph/subgraphs/cart/graph/gen"
)

// catalogue is a scripted product subgraph, which is another service.
type catalogue struct{}

func (catalogue) PriceVariants(_ context.Context, req *rpcv1.PriceVariantsRequest) (*rpcv1.PriceVariantsResponse, error) {
	res := &rpcv1.PriceVariantsResponse{}
	for _, id := range req.GetVariantIds() {
		if id == "var_mug" || id == "var_pen" || id == "var_cup" {
			res.Variants = append(res.Variants, &rpcv1.PricedVariant{
				VariantId: id, Title: "The " + id, Sku: id, PriceMinor: 1250, Available: 50, CanBuy: true, MaxPerOrder: 10, Currency: req.GetCurrency(),
			})
		}
	}
	return res, nil
}

func newServer(t *testing.T) (*subgraphtest.Server, *pgtest.Statements) {
	t.Helper()
	pool, statements := pgtest.NewCounted(t, db.Migrations())
	client := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
	t.Cleanup(func() { _ = client.Close() })
	log := slog.New(slog.DiscardHandler)
	carts := cart.NewService(pool, outbox.New(pool), cart.NewPrices(catalogue{}, client, log), cart.Config{}, []string{"USD", "EUR"}, "https://shop.test", log)
	return subgraphtest.Serve(t, gen.NewExecutableSchema(gen.Config{Resolvers: &graph.Resolver{Carts: carts}})), statements
}

var (
	ada = auth.Actor{Kind: auth.User, ID: "usr_01ARZ3NDEKTSV4RRFFQ69G5FAV", Scopes: []string{"cart:read"}}
	eve = auth.Actor{Kind: auth.User, ID: "usr_01ARZ3NDEKTSV4RRFFQ69G5FAW", Scopes: []string{"cart:read"}}
)

const add = `mutation($v: ID!, $n: Int!) { cartLinesAdd(lines: [{variantId: $v, quantity: $n}]) {
	cart { version totalQuantity cost { total { formatted } stale } problems { __typename } owner { id }
		lines { totalCount nodes { quantity snapshot { title } cost { total { minorUnits } } variant { id } } pageInfo { hasNextPage } } }
	userErrors { __typename code path ... on InsufficientStockError { variantId requested available } } } }`

func TestAddingShowsThePricedCart(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t)
	s.Want(t, ada, add, map[string]any{"v": "var_mug", "n": 2}, `{"cartLinesAdd": {
		"cart": {"version": 2, "totalQuantity": 2, "cost": {"total": {"formatted": "$32.36"}, "stale": false}, "problems": [], "owner": {"id": "usr_01ARZ3NDEKTSV4RRFFQ69G5FAV"},
			"lines": {"totalCount": 1, "nodes": [{"quantity": 2, "snapshot": {"title": "The var_mug"}, "cost": {"total": {"minorUnits": 2500}}, "variant": {"id": "var_mug"}}], "pageInfo": {"hasNextPage": false}}},
		"userErrors": []}}`)
}

func TestErrorsThatTheCustomerCanFixAreData(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t)
	s.Want(t, ada, add, map[string]any{"v": "var_nosuch", "n": 1}, `{"cartLinesAdd": {"cart": null, "userErrors": [
		{"__typename": "BasicUserError", "code": "VARIANT_UNAVAILABLE", "path": ["lines", "0"]}]}}`)
	s.Want(t, ada, add, map[string]any{"v": "var_mug", "n": 11}, `{"cartLinesAdd": {"cart": null, "userErrors": [
		{"__typename": "BasicUserError", "code": "QUANTITY_LIMIT", "path": ["lines", "0"]}]}}`)
	s.Want(t, auth.Actor{Kind: auth.Anonymous}, add, map[string]any{"v": "var_mug", "n": 1}, `{"cartLinesAdd": {"cart": null, "userErrors": [
		{"__typename": "BasicUserError", "code": "UNAUTHENTICATED", "path": null}]}}`)
}

func TestOtherErrorsHaveACodeAndNoInternals(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t)
	if a := s.QueryWithoutToken(t, `{ activeCart { id } }`); a.Status != 401 || !slices.Equal(a.Codes(), []string{"UNAUTHENTICATED"}) {
		t.Errorf("without a token: %d %v, want 401 UNAUTHENTICATED", a.Status, a.Errors)
	}
	if a := s.Query(t, ada, `{ nosuch }`, nil); !slices.Equal(a.Codes(), []string{"GRAPHQL_VALIDATION_FAILED"}) {
		t.Errorf("an unknown field: %v, want GRAPHQL_VALIDATION_FAILED", a.Errors)
	}
	s.Query(t, ada, add, map[string]any{"v": "var_mug", "n": 1})
	for _, after := range []string{"nonsense", "WyJwcmljZSIsIngiXQ"} {
		a := s.Query(t, ada, `query($a: String) { activeCart { lines(after: $a) { totalCount } } }`, map[string]any{"a": after})
		if !slices.Equal(a.Codes(), []string{"BAD_USER_INPUT"}) {
			t.Errorf("cursor %q: %v, want BAD_USER_INPUT", after, a.Errors)
		}
	}
}

func TestEntitiesAreTheCallersOwn(t *testing.T) {
	t.Parallel()
	s, statements := newServer(t)
	s.Query(t, ada, add, map[string]any{"v": "var_mug", "n": 2})
	a := s.Query(t, ada, `{ activeCart { id } }`, nil)
	id := a.Data.(map[string]any)["activeCart"].(map[string]any)["id"]

	entities := `query($r: [_Any!]!) { _entities(representations: $r) { ... on Cart { totalQuantity } ... on ProductVariant { quantityInMyCart } ... on User { cart { totalQuantity } } } }`
	representations := map[string]any{"r": []map[string]any{
		{"__typename": "Cart", "id": id},
		{"__typename": "Cart", "id": "crt_nosuch"},
		{"__typename": "ProductVariant", "id": "var_mug"},
		{"__typename": "ProductVariant", "id": "var_pen"},
		{"__typename": "User", "id": ada.ID},
		{"__typename": "User", "id": eve.ID},
	}}
	statements.Reset()
	s.Want(t, ada, entities, representations, `{"_entities": [{"totalQuantity": 2}, null, {"quantityInMyCart": 2}, {"quantityInMyCart": 0}, {"cart": {"totalQuantity": 2}}, {"cart": null}]}`)
	if n := statements.N(); n > 5 {
		t.Errorf("%d statements for six entities, want at most 5: %v", n, statements.SQL())
	}
	s.Want(t, eve, entities, representations, `{"_entities": [null, null, {"quantityInMyCart": 0}, {"quantityInMyCart": 0}, {"cart": null}, {"cart": null}]}`)
	if a := s.Query(t, auth.Actor{Kind: auth.User, ID: ada.ID}, entities, representations); !slices.Contains(a.Codes(), "FORBIDDEN") {
		t.Errorf("without cart:read: %v, want FORBIDDEN", a.Errors)
	}
}

func TestACartCostsOneStatement(t *testing.T) {
	t.Parallel()
	s, statements := newServer(t)
	s.Query(t, ada, add, map[string]any{"v": "var_mug", "n": 1})
	s.Query(t, ada, add, map[string]any{"v": "var_pen", "n": 1})
	statements.Reset()
	s.Query(t, ada, `{ activeCart { id cost { total { amount } } problems { __typename } lines { nodes { id cost { unitPrice { formatted } } } } } }`, nil)
	if n := statements.N(); n != 1 {
		t.Errorf("%d statements, want 1: %v", n, statements.SQL())
	}
}

func TestACursorOutlivesItsLine(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t)
	for _, v := range []string{"var_mug", "var_pen", "var_cup"} {
		s.Query(t, ada, add, map[string]any{"v": v, "n": 1})
	}
	a := s.Query(t, ada, `{ activeCart { id lines(first: 2) { pageInfo { endCursor } nodes { id } } } }`, nil)
	active := a.Data.(map[string]any)["activeCart"].(map[string]any)
	lines := active["lines"].(map[string]any)
	after, pen := lines["pageInfo"].(map[string]any)["endCursor"], lines["nodes"].([]any)[1].(map[string]any)["id"]
	s.Query(t, ada, `mutation($c: ID!, $l: ID!) { cartLinesRemove(cartId: $c, lineIds: [$l]) { userErrors { code } } }`, map[string]any{"c": active["id"], "l": pen})
	s.Want(t, ada, `query($a: String) { activeCart { lines(after: $a) { nodes { variant { id } } pageInfo { hasPreviousPage hasNextPage } } } }`, map[string]any{"a": after},
		`{"activeCart": {"lines": {"nodes": [{"variant": {"id": "var_cup"}}], "pageInfo": {"hasPreviousPage": true, "hasNextPage": false}}}}`)
	s.Want(t, ada, `{ activeCart { lines(first: 0) { nodes { id } pageInfo { hasNextPage endCursor } } } }`, nil,
		`{"activeCart": {"lines": {"nodes": [], "pageInfo": {"hasNextPage": true, "endCursor": null}}}}`)
}

func TestAnIDWithAZeroByteIsNotFound(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t)
	s.Want(t, ada, add, map[string]any{"v": "var_mug\x00", "n": 1}, `{"cartLinesAdd": {"cart": null, "userErrors": [
		{"__typename": "BasicUserError", "code": "VARIANT_UNAVAILABLE", "path": ["lines", "0"]}]}}`)
	s.Want(t, ada, `{ cart(id: "\u0000") { id } }`, nil, `{"cart": null}`)
	s.Want(t, ada, `mutation { cartClear(cartId: "crt_\u0000") { userErrors { code } } }`, nil, `{"cartClear": {"userErrors": [{"code": "NOT_FOUND"}]}}`)
	s.Want(t, ada, `query($r: [_Any!]!) { _entities(representations: $r) { ... on Cart { id } ... on ProductVariant { quantityInMyCart } } }`,
		map[string]any{"r": []map[string]any{{"__typename": "Cart", "id": "\x00"}, {"__typename": "ProductVariant", "id": "\x00"}}},
		`{"_entities": [null, {"quantityInMyCart": 0}]}`)
}

func TestMessagesAreInTheCallersLanguage(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t)
	caller := subgraphtest.CallerOf(ada)
	caller.Locale = "de-DE"
	a := s.QueryAs(t, caller, `mutation { cartLinesAdd(lines: [{variantId: "var_mug", quantity: 11}]) { userErrors { message } } }`, nil)
	if got, want := a.At("cartLinesAdd", "userErrors", 0, "message"), "Eine Bestellung darf höchstens 10 davon enthalten."; got != want {
		t.Errorf("message = %v, want %q", got, want)
	}
}
