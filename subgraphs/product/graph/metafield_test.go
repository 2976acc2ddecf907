package graph_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/subgraph/subgraphtest"
)

// define declares a metafield and returns its ID.
func (c client) define(t *testing.T, input string) string {
	t.Helper()
	a := c.Must(t, merchant(), `mutation { metafieldDefinitionUpsert(input: {`+input+`}) { definition { id } userErrors { code message } } }`, nil)
	id, _ := a.At("metafieldDefinitionUpsert", "definition", "id").(string)
	if !strings.HasPrefix(id, "mfd_") {
		t.Fatalf("%s is answered by %v", input, a.Data)
	}
	return id
}

func (c client) setMetafield(t *testing.T, who auth.Actor, ownerID, key, value string) subgraphtest.Answer {
	t.Helper()
	return c.Must(t, who, `mutation { metafieldsSet(metafields: [{ownerId: "`+ownerID+`", namespace: "care", key: "`+key+`", value: `+value+`}]) { count userErrors { code path } } }`, nil)
}

func TestAMetafieldHasValuesOfItsTypeOnly(t *testing.T) {
	t.Parallel()
	c := open(t)
	long := `"` + strings.Repeat("x", 5_001) + `"`
	for typ, tt := range map[string]struct{ right, wrong []string }{
		"STRING":  {[]string{`"Cold"`, `""`, `"Zeile 1\nZeile 2"`}, []string{`5`, `true`, `["a"]`, long, `"\u0000"`}},
		"INT":     {[]string{`0`, `-7`, `9007199254740991`, `"12"`}, []string{`1.5`, `"x"`, `9007199254740992`, `"1e3"`, `true`}},
		"DECIMAL": {[]string{`"19.990"`, `-0.5`, `"999999999999999999.999999999"`}, []string{`"1,5"`, `"1e3"`, `"1234567890123456789"`, `"0.1234567891"`, `""`}},
		"BOOLEAN": {[]string{`true`, `false`}, []string{`"true"`, `1`}},
		"DATE":    {[]string{`"2024-02-29"`}, []string{`"2023-02-29"`, `"2023-2-1"`, `20230201`}},
		"URL":     {[]string{`"https://care.example/wash?x=1"`}, []string{`"javascript:alert(1)"`, `"/wash"`, `"https://a:b@care.example/"`, `"ftp://care.example/"`}},
		"JSON":    {[]string{`{a: [1, {b: "c"}]}`, `"text"`, `0`}, []string{`"` + strings.Repeat("x", 17_000) + `"`, `{a: "\u0000"}`}},
		"PRODUCT": {[]string{`"prd_b"`, `"prd_g"`}, []string{`"prd_moon"`, `"var_a1"`, `1`}},
	} {
		key := strings.ToLower(typ)
		c.define(t, `ownerType: PRODUCT, namespace: "care", key: "`+key+`", visible: true, type: `+typ)
		for _, value := range tt.right {
			if a := c.setMetafield(t, seller(), "prd_a", key, value); at(a, "metafieldsSet.count") != 1.0 {
				t.Errorf("%s %s is refused: %v", typ, value, a.Data)
			}
		}
		stored := c.Must(t, anyone(), `{ product(id: "prd_a") { metafield(namespace: "care", key: "`+key+`") { value } } }`, nil)
		for _, value := range tt.wrong {
			a := c.setMetafield(t, seller(), "prd_a", key, value)
			if code := at(a, "metafieldsSet.userErrors.0.code"); code != "INVALID_INPUT" && code != "NOT_FOUND" || at(a, "metafieldsSet.count") != 0.0 {
				t.Errorf("%s %.40s is answered by %v", typ, value, a.Data)
			}
		}
		again := c.Must(t, anyone(), `{ product(id: "prd_a") { metafield(namespace: "care", key: "`+key+`") { value } } }`, nil)
		if diff := cmp.Diff(at(stored, "product.metafield"), at(again, "product.metafield")); diff != "" || at(stored, "product.metafield.value") == nil {
			t.Errorf("after refusals %s differs (-was +is):\n%s", typ, diff)
		}
	}
}

func TestHiddenMetafieldsAreForThoseWhoMayChangeTheObject(t *testing.T) {
	t.Parallel()
	c := open(t)
	for _, owner := range []string{"PRODUCT", "VARIANT", "CATEGORY"} {
		c.define(t, `ownerType: `+owner+`, namespace: "care", key: "margin", type: DECIMAL`)
		c.define(t, `ownerType: `+owner+`, namespace: "care", key: "marks", type: STRING, isList: true, visible: true`)
	}
	for _, id := range []string{"prd_a", "var_a1", "cat_headphones"} {
		c.setMetafield(t, merchant(), id, "margin", `"0.4"`)
		c.setMetafield(t, merchant(), id, "marks", `["Oeko", "Fair"]`)
	}
	other := seller()
	other.ID = "usr_other"
	document := `{ product(id: "prd_a") { metafields { key value } variants(first: 1) { nodes { metafields(namespace: "care") { key } none: metafields(namespace: "x") { key } } } category { metafields { key } } } }`
	for _, tt := range []struct {
		who      auth.Actor
		own, cat int
	}{{anyone(), 1, 1}, {seller(), 2, 1}, {other, 1, 1}, {merchant(), 2, 2}} {
		a := c.Must(t, tt.who, document, nil)
		count := func(path string) int { list, _ := at(a, path).([]any); return len(list) }
		if count("product.metafields") != tt.own || count("product.variants.nodes.0.metafields") != tt.own || count("product.category.metafields") != tt.cat || count("product.variants.nodes.0.none") != 0 {
			t.Errorf("%s sees %v, want %d of the product and %d of the category", tt.who.ID, a.Data, tt.own, tt.cat)
		}
	}
	c.Statements.Reset()
	c.Must(t, anyone(), `{ products(ids: ["prd_a", "prd_b", "prd_c"]) { metafields { key } metafield(namespace: "care", key: "marks") { value } } }`, nil)
	if n := c.Statements.N(); n != 3 {
		t.Errorf("metafields of three products took %d statements, want one for each field beside the products:\n%v", n, c.Statements.SQL())
	}
}

func TestValuesAreSetAllOrNoneAndOnce(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.define(t, `ownerType: PRODUCT, namespace: "care", key: "wash", type: INT, visible: true`)
	events := len(c.productEvents(t))
	set := func(values ...string) subgraphtest.Answer {
		var list []string
		for i, value := range values {
			list = append(list, `{ownerId: "`+[]string{"prd_a", "prd_b"}[i]+`", namespace: "care", key: "wash", value: `+value+`}`)
		}
		return c.Must(t, seller(), `mutation { metafieldsSet(metafields: [`+strings.Join(list, ",")+`]) { count userErrors { code path } } }`, nil)
	}
	if a := set("30", `"warm"`); at(a, "metafieldsSet.count") != 0.0 || at(a, "metafieldsSet.userErrors.0.path.1") != "1" {
		t.Errorf("one wrong value is answered by %v", a.Data)
	}
	for range 2 {
		set("30", "40")
	}
	if n := len(c.productEvents(t)) - events; n != 2 {
		t.Errorf("%d events, want one for each product that changed", n)
	}
	c.Want(t, anyone(), `{ product(id: "prd_a") { version metafield(namespace: "care", key: "wash") { namespace key name type isList value } } b: product(id: "prd_b") { metafields { value } } }`, nil,
		`{"product": {"version": 2, "metafield": {"namespace": "care", "key": "wash", "name": "wash", "type": "INT", "isList": false, "value": 30}}, "b": {"metafields": [{"value": 40}]}}`)
	set("null")
	c.Want(t, anyone(), `{ product(id: "prd_a") { metafields { key } metafield(namespace: "care", key: "wash") { value } } }`, nil, `{"product": {"metafields": [], "metafield": null}}`)
}

func TestADefinitionKeepsItsTypeWhileItHasValues(t *testing.T) {
	t.Parallel()
	c := open(t)
	id := c.define(t, `ownerType: COLLECTION, namespace: "care", key: "wash", type: INT`)
	made := c.Must(t, merchant(), `mutation { collectionUpsert(input: {title: "A"}) { collection { id } } }`, nil)
	collection, _ := at(made, "collectionUpsert.collection.id").(string)
	c.setMetafield(t, merchant(), collection, "wash", "30")
	upsert := func(input string) string { return `metafieldDefinitionUpsert(input: {` + input + `})` }
	for _, tt := range []struct {
		who                  auth.Actor
		mutation, code, path string
	}{
		{merchant(), upsert(`ownerType: COLLECTION, namespace: "care", key: "wash", type: STRING`), "CONFLICT", "input.type"},
		{merchant(), upsert(`ownerType: COLLECTION, namespace: "care", key: "wash", isList: true`), "CONFLICT", "input.type"},
		{merchant(), upsert(`ownerType: COLLECTION, namespace: "care", key: "wash", name: "Washing", visible: true`), "", ""},
		{merchant(), upsert(`ownerType: PRODUCT, namespace: "care", key: "new"`), "INVALID_INPUT", "input.type"},
		{merchant(), upsert(`ownerType: PRODUCT, namespace: "Care", key: "new", type: INT`), "INVALID_INPUT", "input.namespace"},
		{merchant(), `metafieldsSet(metafields: [{ownerId: "prd_a", namespace: "care", key: "wash", value: 1}])`, "NOT_FOUND", "metafields.0.key"},
		{merchant(), `metafieldsSet(metafields: [{ownerId: "brd_kvarta", namespace: "care", key: "wash", value: 1}])`, "NOT_FOUND", "metafields.0.ownerId"},
		{merchant(), `metafieldsSet(metafields: [{ownerId: "col_moon", namespace: "care", key: "wash", value: 1}])`, "NOT_FOUND", "input"},
		{seller(), `metafieldsSet(metafields: [{ownerId: "` + collection + `", namespace: "care", key: "wash", value: 1}])`, "NOT_FOUND", "metafields"},
		{seller(), upsert(`ownerType: PRODUCT, namespace: "care", key: "new", type: INT`), "FORBIDDEN", ""},
		{merchant(), `metafieldDefinitionDelete(id: "` + id + `")`, "", ""},
		{merchant(), `metafieldDefinitionDelete(id: "` + id + `")`, "NOT_FOUND", "id"},
	} {
		name, _, _ := strings.Cut(tt.mutation, "(")
		a := c.Query(t, tt.who, "mutation { "+tt.mutation+" { userErrors { code path } } }", nil)
		code, _ := a.At(name, "userErrors", 0, "code").(string)
		if len(a.Codes()) > 0 {
			code = a.Codes()[0]
		}
		var steps []string
		path, _ := a.At(name, "userErrors", 0, "path").([]any)
		for _, step := range path {
			steps = append(steps, step.(string))
		}
		if code != tt.code || strings.Join(steps, ".") != tt.path {
			t.Errorf("%s answers %v %v, want %s at %s", tt.mutation, a.Data, a.Errors, tt.code, tt.path)
		}
	}
	c.Want(t, merchant(), `{ metafieldDefinitions(ownerType: COLLECTION) { key } collection(id: "`+collection+`") { metafields { key } } }`, nil, `{"metafieldDefinitions": [], "collection": {"metafields": []}}`)
}
