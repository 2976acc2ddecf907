package graph_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/subgraph/subgraphtest"
)

func system(ctx context.Context) context.Context {
	return auth.With(ctx, auth.Caller{Actor: auth.Actor{Kind: auth.Service, ID: "product"}})
}

const (
	publish  = `mutation($id: ID!, $at: DateTime) { productPublish(id: $id, at: $at) { product { status publishAt version } userErrors { code path } } }`
	archive  = `mutation($id: ID!) { productArchive(id: $id) { product { status publishAt version } userErrors { code path } } }`
	variants = `mutation($id: ID!, $options: [ProductOptionInput!], $variants: [VariantInput!]!, $remove: [ID!]) {
		variantsUpsert(productId: $id, options: $options, variants: $variants, removeVariantIds: $remove) {
			product { version options { name values { value swatchHex } } variants { nodes { sku title selectedOptions { name value } price { amount } } } } userErrors { code path } } }`
)

func variantInput(sku, colour string, more ...any) input {
	v := input{"sku": sku, "weightGrams": 300, "selectedOptions": []any{input{"name": "Colour", "value": colour}}}
	for i := 0; i < len(more); i += 2 {
		v[more[i].(string)] = more[i+1]
	}
	return v
}

func usd(amount string) []any {
	return []any{input{"price": input{"amount": amount, "currencyCode": "USD"}}}
}

func colours(values ...string) []any {
	var list []any
	for _, v := range values {
		list = append(list, input{"value": v})
	}
	return []any{input{"name": "Colour", "values": list}}
}

func (c client) draft(t *testing.T) string {
	t.Helper()
	a := c.Must(t, seller(), createProduct, input{"input": input{"title": "Enamel Mug", "categoryId": "cat_kitchen"}})
	id, _ := a.At("productCreate", "product", "id").(string)
	return id
}

// wantErrors compares the user errors of an answer.
func wantErrors(t *testing.T, a subgraphtest.Answer, mutation string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, errorsOf(a, mutation)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", mutation, diff)
	}
}

func TestAVariantKeepsItsTaxClassUntilAnotherIsSet(t *testing.T) {
	t.Parallel()
	c := open(t)
	id := c.draft(t)
	for _, tt := range []struct {
		given input
		want  string
	}{
		{variantInput("MUG-MOSS", "Moss"), "STANDARD"},
		{variantInput("MUG-MOSS", "Moss", "taxClass", "FOOD"), "FOOD"},
		{variantInput("MUG-MOSS", "Moss"), "FOOD"},
	} {
		wantErrors(t, c.Must(t, seller(), variants, input{"id": id, "options": colours("Moss"), "variants": []any{tt.given}}), "variantsUpsert")
		a := c.Must(t, seller(), `{ productVariant(sku: "MUG-MOSS") { taxClass } }`, nil)
		if got := a.At("productVariant", "taxClass"); got != tt.want {
			t.Errorf("after %v the class is %v, want %s", tt.given, got, tt.want)
		}
	}
}

func TestADraftIsPublishedWhenItCanBeSold(t *testing.T) {
	t.Parallel()
	c := open(t)
	id := c.draft(t)
	wantErrors(t, c.Must(t, seller(), publish, input{"id": id}), "productPublish", "CONFLICT id")
	wantErrors(t, c.Must(t, seller(), archive, input{"id": id}), "productArchive", "CONFLICT id")
	a := c.Must(t, seller(), variants, input{"id": id, "options": colours("Moss", "Chalk"), "variants": []any{variantInput("MUG-MOSS", "Moss"), variantInput("MUG-CHALK", "Chalk", "prices", usd("12"))}})
	wantErrors(t, a, "variantsUpsert")
	wantErrors(t, c.Must(t, seller(), publish, input{"id": id}), "productPublish", "CONFLICT id") // one has no price
	wantErrors(t, c.Must(t, seller(), variants, input{"id": id, "variants": []any{variantInput("MUG-MOSS", "Moss", "prices", usd("11"))}}), "variantsUpsert")
	events := len(c.productEvents(t))
	for range 2 {
		a = c.Must(t, seller(), publish, input{"id": id})
		if a.At("productPublish", "product", "status") != "PUBLISHED" {
			t.Fatalf("published: %v", a.Data)
		}
	}
	published := c.productEvents(t)[events:]
	if len(published) != 1 || published[0].Type != event.Type[event.ProductPublished]() {
		t.Fatalf("the events are %v, want one that it is published", published)
	}
	c.Want(t, anyone(), `query($id: ID!) { product(id: $id) { status priceRange { min { amount } max { amount } } } }`, input{"id": id},
		`{"product": {"status": "PUBLISHED", "priceRange": {"min": {"amount": "11.00"}, "max": {"amount": "12.00"}}}}`)
	for range 2 {
		a = c.Must(t, seller(), archive, input{"id": id})
		if a.At("productArchive", "product", "status") != "ARCHIVED" {
			t.Fatalf("archived: %v", a.Data)
		}
	}
	if all := c.productEvents(t); len(all) != events+2 || all[events+1].Type != event.Type[event.ProductArchived]() {
		t.Errorf("%d events, want the archiving as the second", len(all)-events)
	}
	c.Want(t, anyone(), `query($id: ID!) { product(id: $id) { status availability { status canBuy } } }`, input{"id": id},
		`{"product": {"status": "ARCHIVED", "availability": {"status": "DISCONTINUED", "canBuy": false}}}`)
	if a = c.Must(t, seller(), publish, input{"id": id}); a.At("productPublish", "product", "status") != "PUBLISHED" {
		t.Errorf("published again: %v", a.Data)
	}
}

func TestAProductIsPublishedAtItsTime(t *testing.T) {
	t.Parallel()
	c := open(t)
	later, tooLate := time.Now().Add(time.Hour).Format(time.RFC3339), time.Now().AddDate(3, 0, 0).Format(time.RFC3339)
	wantErrors(t, c.Must(t, seller(), publish, input{"id": "prd_g", "at": tooLate}), "productPublish", "INVALID_INPUT at")
	a := c.Must(t, seller(), publish, input{"id": "prd_g", "at": later})
	if a.At("productPublish", "product", "status") != "DRAFT" || a.At("productPublish", "product", "publishAt") == nil {
		t.Fatalf("scheduled: %v", a.Data)
	}
	if a = c.Must(t, seller(), archive, input{"id": "prd_g"}); a.At("productArchive", "product", "status") != "DRAFT" || a.At("productArchive", "product", "publishAt") != nil {
		t.Fatalf("cancelled: %v", a.Data)
	}
	c.Must(t, seller(), publish, input{"id": "prd_g", "at": later})
	c.exec(t, `UPDATE products SET publish_at = now() - interval '1 s' WHERE id = 'prd_g'`)
	events := len(c.productEvents(t))
	for range 2 {
		if _, err := c.ApplySchedule(system(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	c.Want(t, anyone(), `{ product(id: "prd_g") { status } }`, nil, `{"product": {"status": "PUBLISHED"}}`)
	if n := len(c.productEvents(t)) - events; n != 1 {
		t.Errorf("%d events, want 1", n)
	}
}

func TestVariantsFitTheOptions(t *testing.T) {
	t.Parallel()
	c := open(t)
	id := c.draft(t)
	first := input{"id": id, "options": colours("Moss", "Chalk"), "variants": []any{variantInput("M-1", "Moss"), variantInput("M-2", "Chalk")}}
	for range 2 { // repeated, it changes nothing
		a := c.Must(t, seller(), variants, first)
		wantErrors(t, a, "variantsUpsert")
		if a.At("variantsUpsert", "product", "version") != 2.0 || a.At("variantsUpsert", "product", "variants", "nodes", 1, "title") != "Chalk" {
			t.Fatalf("the variants: %v", a.Data)
		}
	}
	for claim, tt := range map[string]struct {
		vars input
		want []string
	}{
		"an unknown value":          {input{"variants": []any{variantInput("M-3", "Plum")}}, []string{"INVALID_INPUT variants.0.selectedOptions"}},
		"values that are taken":     {input{"variants": []any{variantInput("M-3", "Moss")}}, []string{"INVALID_INPUT variants.0.selectedOptions"}},
		"an option in use":          {input{"options": colours("Moss"), "variants": []any{}}, []string{"INVALID_INPUT options"}},
		"no value":                  {input{"variants": []any{input{"sku": "M-3", "weightGrams": 1}}}, []string{"INVALID_INPUT variants.0.selectedOptions"}},
		"another product's SKU":     {input{"options": colours("Moss", "Chalk", "Plum"), "variants": []any{variantInput("SKU-b-1", "Plum")}}, []string{"SKU_TAKEN variants.0.sku"}},
		"a SKU twice":               {input{"variants": []any{variantInput("M-1", "Moss"), variantInput("M-1", "Moss")}}, []string{"SKU_TAKEN variants.1.sku"}},
		"another product's variant": {input{"variants": []any{variantInput("M-1", "Moss", "id", "var_b1")}}, []string{"NOT_FOUND variants.0.id"}},
		"bad values": {input{"variants": []any{variantInput("", "Moss", "barcode", "12", "weightGrams", -1)}}, []string{
			"INVALID_INPUT variants.0.sku", "INVALID_INPUT variants.0.weightGrams", "INVALID_INPUT variants.0.barcode",
		}},
	} {
		tt.vars["id"] = id
		if diff := cmp.Diff(tt.want, errorsOf(c.Must(t, seller(), variants, tt.vars), "variantsUpsert")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", claim, diff)
		}
	}
	a := c.Must(t, seller(), variants, input{"id": id, "variants": []any{variantInput("M-1", "Chalk"), variantInput("M-2", "Moss")}})
	wantErrors(t, a, "variantsUpsert") // two variants exchange their options
	var ids []any
	nodes, _ := c.Must(t, seller(), `query($id: ID!) { product(id: $id) { variants { nodes { id } } } }`, input{"id": id}).At("product", "variants", "nodes").([]any)
	for _, n := range nodes {
		ids = append(ids, subgraphtest.At(n, "id"))
	}
	a = c.Must(t, seller(), variants, input{"id": id, "variants": []any{}, "remove": []any{ids[0], "var_b1"}})
	if left, _ := a.At("variantsUpsert", "product", "variants", "nodes").([]any); len(left) != 1 {
		t.Errorf("after the removal %v is left, want one variant", left)
	}
	if v, err := c.Variant(t.Context(), new("var_b1"), nil); err != nil || v == nil {
		t.Errorf("another product's variant was removed: %v, %v", v, err)
	}
	wantErrors(t, c.Must(t, seller(), variants, input{"id": "prd_b", "variants": []any{}, "remove": []any{"var_b1"}}), "variantsUpsert", "CONFLICT variants")
	wantErrors(t, c.Must(t, seller(), variants, input{"id": "prd_a", "variants": []any{}, "options": colours("Moss", "Chalk", "Plum")}), "variantsUpsert")
	wantErrors(t, c.Must(t, seller(), variants, input{"id": "prd_a", "variants": []any{variantInput("A-3", "Plum")}}), "variantsUpsert", "CONFLICT variants")
}
