package graph_test

import (
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"cartograph/internal/auth"
	"cartograph/internal/id"
	"cartograph/internal/subgraph/subgraphtest"
	"cartograph/subgraphs/product"
)

// guarded are mutations whose object belongs to a seller: staff and the seller may
// carry them out, and for every other seller the object does not exist. at is the path
// of the user errors.
var guarded = map[string]struct {
	document string
	vars     input
	at       []any
}{
	"productUpdate":    {updateProduct, input{"id": "prd_a", "input": input{"title": "T"}}, nil},
	"productPublish":   {publish, input{"id": "prd_a"}, nil},
	"productArchive":   {archive, input{"id": "prd_a"}, nil},
	"variantsUpsert":   {variants, input{"id": "prd_a", "variants": []any{}}, nil},
	"variantPricesSet": {setPrices, input{"prices": []any{priced("var_a1", "5", "USD")}}, nil},
	"scheduledPricesCancel": {
		`mutation { scheduledPricesCancel(prices: [{variantId: "var_a1", currencyCode: "USD", effectiveAt: "2030-01-01T00:00:00Z"}]) { userErrors { code } } }`, input{}, nil,
	},
	"flashSaleUpsert": {
		`mutation($at: DateTime!, $until: DateTime!) { flashSaleUpsert(input: {title: "Rush", startsAt: $at, endsAt: $until, items: [
			{variantId: "var_a1", salePrice: {amount: "2", currencyCode: "USD"}, allocated: 5, maxPerCustomer: 1}]}) { userErrors { code } } }`, input{}, nil,
	},
	"translationsSet": {
		`mutation { translationsSet(input: [{id: "prd_a", locale: "de", field: TITLE, text: "Becher"}]) { userErrors { code } } }`, input{}, nil,
	},
	"metafieldsSet": {
		`mutation { metafieldsSet(metafields: [{ownerId: "var_a1", namespace: "care", key: "washable", value: true}]) { userErrors { code } } }`, input{}, nil,
	},
	"stockAdjust": {
		`mutation($key: ID!) { stockAdjust(input: {variantId: "var_a1", delta: 1, reason: RECEIVED, idempotencyKey: $key}) { userErrors { code } } }`, input{}, nil,
	},
	"stockAdjustMany": {
		`mutation($key: ID!) { stockAdjustMany(input: {changes: [{variantId: "var_a1", delta: 1, reason: RECEIVED}], idempotencyKey: $key}) { results { userErrors { code } } userErrors { code } } }`,
		input{},
		[]any{"results", 0},
	},
	"stockReceive": {
		`mutation($key: ID!) { stockReceive(input: {reference: "DN", lines: [{variantId: "var_a1", quantity: 1}], idempotencyKey: $key}) { userErrors { code } } }`, input{}, nil,
	},
}

// unguarded are the other mutations, with the reason why ownership does not matter.
var unguarded = map[string]string{
	"productCreate":     "the product is the caller's",
	"mediaUploadCreate": "the upload is the caller's",
	"mediaAttach":       "TestOnlyOwnPicturesAreAttachedToOwnProducts has the pictures that it needs",
	"reviewSubmit":      "customers write it",
	"reviewUpdate":      "its author writes it",
	"reviewDelete":      "its author or staff delete it",
	"reviewVoteHelpful": "customers vote",
	"reviewModerate":    "staff of all products decide",

	"stockAlertSubscribe":   "anybody may have one, within limits",
	"stockAlertUnsubscribe": "the caller's, or those of who has the token",
}

// mutations are those of the product subgraph's schema, with the scopes that each
// requires.
func mutations(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("../../../schema/product.graphql")
	if err != nil {
		t.Fatal(err)
	}
	document, err := parser.ParseSchema(&ast.Source{Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	scopes := map[string][]string{}
	for _, field := range document.Definitions.ForName("Mutation").Fields {
		scopes[field.Name] = nil
		if d := field.Directives.ForName("requiresScopes"); d != nil {
			for _, set := range d.Arguments.ForName("scopes").Value.Children {
				for _, scope := range set.Value.Children {
					scopes[field.Name] = append(scopes[field.Name], scope.Value.Raw)
				}
			}
		}
	}
	return scopes
}

// TestEveryMutationIsOfTheRightRolesAndOwners runs each mutation for each kind of
// caller. A new mutation fails until it is in one of the tables.
func TestEveryMutationIsOfTheRightRolesAndOwners(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.Stock.Set("var_a1", 5, 0)
	c.define(t, `ownerType: VARIANT, namespace: "care", key: "washable", type: BOOLEAN`)
	sales := 0
	for name, scopes := range mutations(t) {
		row, owned := guarded[name]
		if !owned {
			if unguarded[name] == "" && !slices.Contains(scopes, "catalog:manage") { // which sellers do not have
				t.Errorf("%s is in neither table of this test", name)
			}
			continue
		}
		if len(scopes) == 0 {
			t.Errorf("%s requires no scope", name)
		}
		run := func(actor auth.Actor) (subgraphtest.Answer, any) {
			vars := input{}
			maps.Copy(vars, row.vars)
			switch name {
			case "stockAdjust", "stockAdjustMany", "stockReceive":
				vars["key"] = id.New("key")
			case "flashSaleUpsert": // each in a time of its own
				sales++
				vars["at"], vars["until"] = inHours(10*sales), inHours(10*sales+1)
			}
			a := c.Query(t, actor, row.document, vars)
			return a, a.At(append(append([]any{name}, row.at...), "userErrors", 0, "code")...)
		}
		if a, _ := run(anyone()); !slices.Equal(a.Codes(), []string{"UNAUTHENTICATED"}) {
			t.Errorf("%s for anyone: %v, want UNAUTHENTICATED", name, a.Codes())
		}
		customer := auth.Actor{Kind: auth.User, ID: "usr_sam", Scopes: []string{"cart:read", "profile:read"}}
		if a, _ := run(customer); !slices.Equal(a.Codes(), []string{"FORBIDDEN"}) {
			t.Errorf("%s without the scope: %v, want FORBIDDEN", name, a.Codes())
		}
		without := seller()
		without.Scopes = slices.DeleteFunc(slices.Clone(without.Scopes), func(s string) bool { return slices.Contains(scopes, s) })
		if a, _ := run(without); !slices.Equal(a.Codes(), []string{"FORBIDDEN"}) {
			t.Errorf("%s with every other scope: %v, want FORBIDDEN", name, a.Codes())
		}
		program := auth.Actor{Kind: auth.APIClient, ID: "api_x", Scopes: seller().Scopes}
		for _, actor := range []auth.Actor{otherSeller(), program} {
			if a, code := run(actor); len(a.Errors) > 0 || code != "NOT_FOUND" {
				t.Errorf("%s for %s: %v %v, want NOT_FOUND", name, actor.ID, a.Data, a.Codes())
			}
		}
		for _, actor := range []auth.Actor{seller(), admin()} {
			if a, code := run(actor); len(a.Errors) > 0 || code != nil {
				t.Errorf("%s for %s: %v %v, want it done", name, actor.ID, code, a.Codes())
			}
		}
	}
}

func TestSellersSeeStockOfTheirOwnVariantsOnly(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.Stock.Set("var_a1", 12, 2)
	query := `{ productVariant(id: "var_a1") { stock { onHand } } }`
	c.Want(t, seller(), query, nil, `{"productVariant": {"stock": {"onHand": 12}}}`)
	c.Want(t, admin(), query, nil, `{"productVariant": {"stock": {"onHand": 12}}}`)
	c.Want(t, otherSeller(), query, nil, `{"productVariant": {"stock": null}}`)

	low := `query($after: String) { lowStockVariants(threshold: 7, first: 2, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }`
	a := c.Must(t, seller(), low, nil)
	b := c.Must(t, admin(), low, input{"after": a.At("lowStockVariants", "pageInfo", "endCursor")})
	got := []any{
		a.At("lowStockVariants", "nodes", 0, "id"), a.At("lowStockVariants", "nodes", 1, "id"), a.At("lowStockVariants", "pageInfo", "hasNextPage"),
		b.At("lowStockVariants", "nodes", 0, "id"), b.At("lowStockVariants", "nodes", 1, "id"), b.At("lowStockVariants", "pageInfo", "hasNextPage"),
	}
	if diff := cmp.Diff([]any{"var_c1", "var_d1", true, "var_a2", "var_e1", false}, got); diff != "" {
		t.Errorf("low stock (-want +got):\n%s", diff)
	}
	c.Want(t, otherSeller(), low, nil, `{"lowStockVariants": {"nodes": [], "pageInfo": {"hasNextPage": false, "endCursor": null}}}`)
}

func TestManagedProductsComeInPages(t *testing.T) {
	t.Parallel()
	c := open(t)
	query := `query($status: ProductStatus, $after: String) { managedProducts(status: $status, first: 3, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }`
	var got []any
	after := any(nil)
	for range 3 {
		a := c.Must(t, seller(), query, input{"after": after})
		nodes, _ := a.At("managedProducts", "nodes").([]any)
		for _, n := range nodes {
			got = append(got, subgraphtest.At(n, "id"))
		}
		after = a.At("managedProducts", "pageInfo", "endCursor")
	}
	if diff := cmp.Diff([]any{"prd_g", "prd_f", "prd_e", "prd_d", "prd_c", "prd_b", "prd_a"}, got); diff != "" {
		t.Errorf("the seller's products (-want +got):\n%s", diff)
	}
	c.Want(t, admin(), query, input{"status": "DRAFT"}, `{"managedProducts": {"nodes": [{"id": "prd_g"}], "pageInfo": {"hasNextPage": false, "endCursor": "`+
		c.Must(t, admin(), query, input{"status": "DRAFT"}).At("managedProducts", "pageInfo", "endCursor").(string)+`"}}}`)
	c.Want(t, otherSeller(), query, nil, `{"managedProducts": {"nodes": [], "pageInfo": {"hasNextPage": false, "endCursor": null}}}`)
}

func TestStockOfManyVariantsIsAdjustedInOneCall(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.Stock.Set("var_a1", 5, 0)
	c.Stock.Set("var_b1", 5, 0)
	mutation := `mutation($changes: [StockChangeInput!]!, $key: ID!) { stockAdjustMany(input: {changes: $changes, idempotencyKey: $key}) {
		results { replayed variant { id availability { asOf } } userErrors { code path } } userErrors { code path } } }`
	change := func(id string, delta int, more ...any) input {
		in := input{"variantId": id, "delta": delta, "reason": "RECEIVED"}
		if len(more) > 0 {
			in["changeFromQuantity"] = more[0]
		}
		return in
	}
	c.Statements.Reset()
	vars := input{"key": "k1", "changes": []any{change("var_a1", 3), change("var_nosuch", 1), change("var_b1", 1, 4), change("var_c1", 0)}}
	a := c.Must(t, seller(), mutation, vars)
	code := func(i int) any { return a.At("stockAdjustMany", "results", i, "userErrors", 0, "code") }
	if diff := cmp.Diff([]any{nil, "NOT_FOUND", "STOCK_VERSION_MISMATCH", "INVALID_INPUT"}, []any{code(0), code(1), code(2), code(3)}); diff != "" {
		t.Errorf("the results (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]any{"input", "changes", "2", "changeFromQuantity"}, a.At("stockAdjustMany", "results", 2, "userErrors", 0, "path")); diff != "" {
		t.Errorf("the path (-want +got):\n%s", diff)
	}
	if n := c.Statements.N(); n != 4 {
		t.Errorf("it took %d statements, want 4, however many variants:\n%v", n, c.Statements.SQL())
	}
	a = c.Must(t, seller(), mutation, vars)
	if a.At("stockAdjustMany", "results", 0, "replayed") != true {
		t.Errorf("the same again: %v, want the first replayed", a.Data)
	}
	if level, err := c.StockLevels(system(t.Context()), mustVariants(t, c, "var_a1")); err != nil || level[0].OnHand != 8 {
		t.Errorf("on hand are %+v, %v, want 8", level[0], err)
	}
	for _, bad := range []struct {
		vars input
		want string
	}{
		{input{"key": "", "changes": vars["changes"]}, "INVALID_INPUT input.idempotencyKey"},
		{input{"key": "k2", "changes": []any{}}, "INVALID_INPUT input.changes"},
		{input{"key": "k2", "changes": []any{change("var_a1", 1), change("var_a1", 1)}}, "INVALID_INPUT input.changes.1.variantId"},
	} {
		wantErrors(t, c.Must(t, seller(), mutation, bad.vars), "stockAdjustMany", bad.want)
	}
}

func mustVariants(t *testing.T, c client, id string) []*product.Variant {
	t.Helper()
	v, err := c.Variant(t.Context(), &id, nil)
	if err != nil || v == nil {
		t.Fatal(v, err)
	}
	return []*product.Variant{v}
}
