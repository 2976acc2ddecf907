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
		if id == "var_mug" || id == "var_pen" {
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
	carts := cart.NewService(pool, outbox.New(pool), cart.NewPrices(catalogue{}, client, log), log)
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
		"cart": {"version": 2, "totalQuantity": 2, "cost": {"total": {"formatted": "$25.00"}, "stale": false}, "problems": [], "owner": {"id": "usr_01ARZ3NDEKTSV4RRFFQ69G5FAV"},
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
	if a := s.AskWithoutToken(t, `{ activeCart { id } }`); a.Status != 401 || !slices.Equal(a.Codes(), []string{"UNAUTHENTICATED"}) {
		t.Errorf("without a token: %d %v, want 401 UNAUTHENTICATED", a.Status, a.Errors)
	}
	if a := s.Ask(t, ada, `{ nosuch }`, nil); !slices.Equal(a.Codes(), []string{"GRAPHQL_VALIDATION_FAILED"}) {
		t.Errorf("an unknown field: %v, want GRAPHQL_VALIDATION_FAILED", a.Errors)
	}
	s.Ask(t, ada, add, map[string]any{"v": "var_mug", "n": 1})
	for _, after := range []string{"nonsense", "WyJwcmljZSIsIngiXQ"} {
		a := s.Ask(t, ada, `query($a: String) { activeCart { lines(after: $a) { totalCount } } }`, map[string]any{"a": after})
		if !slices.Equal(a.Codes(), []string{"BAD_USER_INPUT"}) {
			t.Errorf("cursor %q: %v, want BAD_USER_INPUT", after, a.Errors)
		}
	}
}

func TestEntitiesAreTheCallersOwn(t *testing.T) {
	t.Parallel()
	s, statements := newServer(t)
	s.Ask(t, ada, add, map[string]any{"v": "var_mug", "n": 2})
	a := s.Ask(t, ada, `{ activeCart { id } }`, nil)
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
	if a := s.Ask(t, auth.Actor{Kind: auth.User, ID: ada.ID}, entities, representations); !slices.Contains(a.Codes(), "FORBIDDEN") {
		t.Errorf("without cart:read: %v, want FORBIDDEN", a.Errors)
	}
}

func TestACartCostsTwoStatements(t *testing.T) {
	t.Parallel()
	s, statements := newServer(t)
	s.Ask(t, ada, add, map[string]any{"v": "var_mug", "n": 1})
	s.Ask(t, ada, add, map[string]any{"v": "var_pen", "n": 1})
	statements.Reset()
	s.Ask(t, ada, `{ activeCart { id cost { total { amount } } problems { __typename } lines { nodes { id cost { unitPrice { formatted } } } } } }`, nil)
	if n := statements.N(); n != 2 {
		t.Errorf("%d statements, want 2: %v", n, statements.SQL())
	}
}
