package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"cartograph/internal/id"
	"cartograph/internal/polltest"
)

// A keyed mutation is one with an idempotency key, as an argument or in its input.
// leaves are the paths of everything else that it takes: scalars, however deep
// they are in its inputs.
type keyedMutation struct {
	field  *ast.FieldDefinition
	key    string
	leaves []string
}

const keyName = "idempotencyKey"

// keyedMutations reads them from the subgraphs' schema files.
func keyedMutations(t *testing.T) map[string]keyedMutation {
	t.Helper()
	found := map[string]keyedMutation{}
	for _, subgraph := range []string{"user", "product", "cart", "order", "payment"} {
		sdl, err := os.ReadFile("../schema/" + subgraph + ".graphql")
		if err != nil {
			t.Fatal(err)
		}
		s, err := gqlparser.LoadSchema(&ast.Source{Name: subgraph, Input: withoutFederation(string(sdl))})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range s.Mutation.Fields {
			m := keyedMutation{field: f}
			for _, arg := range f.Arguments {
				m.collect(s, arg.Name, arg.Type)
			}
			if m.key != "" {
				found[f.Name] = m
			}
		}
	}
	return found
}

func (m *keyedMutation) collect(s *ast.Schema, path string, of *ast.Type) {
	if path == keyName || strings.HasSuffix(path, "."+keyName) {
		m.key = path
		return
	}
	if of.Elem != nil {
		path, of = path+".0", of.Elem
	}
	def := s.Types[of.Name()]
	if def.Kind != ast.InputObject {
		m.leaves = append(m.leaves, path)
		return
	}
	for _, f := range def.Fields {
		m.collect(s, path+"."+f.Name, f.Type)
	}
}

// withoutFederation adds the definitions that composition supplies.
func withoutFederation(sdl string) string {
	_, rest, _ := strings.Cut(sdl, "\n")
	return rest + `
		scalar FieldSet
		directive @key(fields: String!, resolvable: Boolean) repeatable on OBJECT | INTERFACE
		directive @shareable on OBJECT | FIELD_DEFINITION
		directive @external on FIELD_DEFINITION
		directive @requires(fields: String!) on FIELD_DEFINITION
		directive @provides(fields: String!) on FIELD_DEFINITION
		directive @inaccessible on FIELD_DEFINITION | OBJECT | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION | ARGUMENT_DEFINITION | SCALAR | INTERFACE | UNION
		directive @authenticated on FIELD_DEFINITION | OBJECT
		directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION | OBJECT
		directive @tag(name: String!) repeatable on FIELD_DEFINITION | OBJECT`
}

// keyedCase is how a mutation is called once so that it succeeds, and how each
// leaf of its arguments is changed after that.
type keyedCase struct {
	as       *client
	document string
	args     vars
	changes  map[string]any // by the leaf's path
}

// instead is a change of a leaf that excludes others, which are removed.
type instead struct {
	without []string
	value   any
}

// along is a change of a leaf that needs others.
type along struct {
	instead
	with vars
}

// each is several other values of a leaf. Of an id, one names something that
// exists and one does not: the key is compared before the id is looked up.
type each []any

func TestAKeyIsBoundToEveryArgumentOfItsMutation(t *testing.T) {
	t.Parallel()
	keyed := keyedMutations(t)
	cases := keyedCases(t, start(t))
	for name := range cases {
		if _, ok := keyed[name]; !ok {
			t.Errorf("%s has a case and no idempotency key", name)
		}
	}
	for name, m := range keyed {
		c, ok := cases[name]
		if !ok {
			t.Errorf("%s has an idempotency key and no case in this test", name)
			continue
		}
		t.Run(name, func(t *testing.T) { c.run(t, m) })
	}
}

func (c keyedCase) run(t *testing.T, m keyedMutation) {
	if !strings.Contains(m.field.Description, "IDEMPOTENCY_KEY_REUSED") {
		t.Error("the description does not list IDEMPOTENCY_KEY_REUSED")
	}
	c.args = clone(t, c.args)
	put(c.args, m.key, id.New("key"))
	call := func(args vars) object {
		return object(c.as.do(t, c.document, args).get(m.field.Name).(map[string]any))
	}
	first := call(c.args)
	if len(first.list("userErrors")) > 0 {
		t.Fatalf("the first call: %v", first)
	}
	again := call(c.args)
	if _, ok := again["replayed"]; ok && again.get("replayed") != true {
		t.Errorf("the same again answered %v, want replayed", again)
	}
	delete(first, "replayed")
	delete(again, "replayed")
	if got, want := fmt.Sprint(again), fmt.Sprint(first); got != want {
		t.Errorf("the same again answered %s, want %s", got, want)
	}
	for _, leaf := range m.leaves {
		change, ok := c.changes[leaf]
		if !ok {
			t.Errorf("no change of %s", leaf)
			continue
		}
		values, several := change.(each)
		if !several {
			values = each{change}
		}
		for _, value := range values {
			c.wantReused(t, m, leaf, value)
		}
	}
	for leaf := range c.changes {
		if !slices.Contains(m.leaves, leaf) {
			t.Errorf("%s is changed and no argument", leaf)
		}
	}
}

// wantReused calls the mutation with another value of a leaf.
func (c keyedCase) wantReused(t *testing.T, m keyedMutation, leaf string, value any) {
	t.Helper()
	args := clone(t, c.args)
	others := vars{}
	if a, ok := value.(along); ok {
		value, others = a.instead, a.with
	}
	if i, ok := value.(instead); ok {
		for _, path := range i.without {
			put(args, path, nil)
		}
		value = i.value
	}
	put(args, leaf, value)
	for path, other := range others {
		put(args, path, other)
	}
	got := object(c.as.do(t, c.document, args).get(m.field.Name).(map[string]any))
	if code, kind := got.str("userErrors.0.code"), got.str("userErrors.0.__typename"); code != "IDEMPOTENCY_KEY_REUSED" || kind != "IdempotencyConflictError" {
		t.Errorf("%s %v answered %v, want an IdempotencyConflictError", leaf, value, got)
	}
	if path := fmt.Sprint(got.list("userErrors.0.path")...); path != strings.ReplaceAll(m.key, ".", "") {
		t.Errorf("%s %v is an error at %s, want %s", leaf, value, path, m.key)
	}
}

// clone is args as decoded JSON, whatever it was made of.
func clone(t *testing.T, args vars) vars {
	t.Helper()
	raw, err := json.Marshal(args)
	if err != nil {
		t.Fatal(err)
	}
	var out vars
	decode(t, raw, &out)
	return out
}

// put sets the value at a path, in lists too; nil removes it.
func put(args map[string]any, path string, value any) {
	var at any = args
	keys := strings.Split(path, ".")
	for i, key := range keys[:len(keys)-1] {
		switch v := at.(type) {
		case map[string]any:
			if v[key] == nil {
				v[key] = map[string]any{}
				if keys[i+1] == "0" {
					v[key] = []any{map[string]any{}}
				}
			}
			at = v[key]
		case []any:
			at = v[0]
		}
	}
	last := keys[len(keys)-1]
	switch v := at.(type) {
	case []any:
		v[0] = value
	case map[string]any:
		if v[last] = value; value == nil {
			delete(v, last)
		}
	}
}

// changedAddress is another value for each leaf of an address.
func changedAddress(path string) map[string]any {
	changes := map[string]any{} // of valid addresses
	for field, value := range map[string]any{
		"name": "Bea Byron", "company": "Engines Ltd", "line1": "13 Analytical Row", "line2": "Rear building", "city": "Salem",
		"region": "WA", "postalCode": "97202", "phone": "+15035550199",
	} {
		changes[path+"."+field] = value
	}
	changes[path+".countryCode"] = instead{[]string{path + ".region"}, "DE"}
	return changes
}

func with(changes ...map[string]any) map[string]any {
	all := map[string]any{}
	for _, c := range changes {
		maps.Copy(all, c)
	}
	return all
}

func keyedCases(t *testing.T, s *system) map[string]keyedCase {
	t.Helper()
	buyer, staff := s.register(t, "keys"), s.anyone()
	staff.signIn(t, "root@demo.test", demoPassword("root@demo.test"))
	mug, lamp := s.buyable(t, 50), one[string](t, pool(t, s.cfg.Inventory.DatabaseURL),
		"SELECT variant_id FROM stock WHERE available >= 50 ORDER BY available DESC, variant_id OFFSET 1 LIMIT 1")
	const userErrors = ` userErrors { __typename code message path } } }`
	address := maps.Clone(home)
	maps.Copy(address, vars{"company": "Engines", "line2": "Attic", "phone": "+15035550142"})

	// Each purchase is of a buyer of its own: carts of one buyer replace each other.
	ordered := func(name string) (*client, object) {
		c := s.register(t, name)
		return c, c.buy(t, mug, 1, "")
	}
	payer, unpaid := ordered("payer")
	canceller, cancelled := ordered("canceller")
	challenged := func(name string) (*client, string) {
		c := s.register(t, name)
		return c, c.buy(t, mug, 1, "tok_3ds").str("order.payments.0.id")
	}
	confirmer, confirmed := challenged("confirmer")
	_, voided := challenged("voider")
	_, other := challenged("other")
	placer := s.register(t, "placer")
	placed := placement(placer.checkout(t, placer.add(t, mug, 1)), "tok_ok", "")["input"].(vars)
	placed["payment"] = vars{"token": "tok_ok", "returnUrl": "https://shop.test/a"}
	disputed := func(name string) string {
		orderID := s.register(t, name).buy(t, mug, 1, "tok_dispute").str("order.id")
		disputeID := ""
		polltest.Eventually(t, "the dispute of "+name, func() bool {
			disputeID = staff.do(t, `query($id: ID!) { order(id: $id) { payments { disputes { id } } } }`, vars{"id": orderID}).str("order.payments.0.disputes.0.id")
			return disputeID != ""
		})
		return disputeID
	}
	refunded := buyer.buy(t, mug, 1, "tok_ok").str("order.id")
	total := buyer.await(t, refunded, "CONFIRMED")
	buyer.awaitEmptyCart(t)
	parcelled := s.register(t, "parcelled")
	packed := parcelled.buy(t, mug, 3, "tok_ok").str("order.id")
	parcelled.await(t, packed, "CONFIRMED")
	packedLine := parcelled.do(t, `query($id: ID!) { order(id: $id) { lines { nodes { id } } } }`, vars{"id": packed}).str("order.lines.nodes.0.id")
	returns := s.returns(t, staff, mug)
	wisher := s.register(t, "wisher")
	wished := wisher.do(t, `mutation($variants: [ID!]!) { wishlistItemsAdd(variantIds: $variants) { wishlist { id items(first: 2) { nodes { id } } } } }`,
		vars{"variants": []string{mug, lamp}})
	amount := func(minor float64) string { return fmt.Sprintf("%.2f", minor/100) }
	due := amount(unpaid.num("order.cost.total.minorUnits"))

	return map[string]keyedCase{
		"cartLinesAdd": {
			as: buyer,
			document: `mutation($cartId: ID, $lines: [CartLineAddInput!]!, $idempotencyKey: ID) {
				cartLinesAdd(cartId: $cartId, lines: $lines, idempotencyKey: $idempotencyKey) { cart { id version totalQuantity }` + userErrors,
			args: vars{"cartId": buyer.add(t, mug, 1), "lines": []any{vars{"variantId": mug, "quantity": 1}}},
			changes: map[string]any{
				"cartId": each{"crt_another", instead{value: nil}}, "lines.0.variantId": each{lamp, "var_another"}, "lines.0.quantity": each{2, 99},
			},
		},
		"wishlistItemsMoveToCart": {
			as: wisher,
			document: `mutation($wishlistId: ID!, $itemIds: [ID!]!, $idempotencyKey: ID) {
				wishlistItemsMoveToCart(wishlistId: $wishlistId, itemIds: $itemIds, idempotencyKey: $idempotencyKey) { cart { id version totalQuantity }` + userErrors,
			args: vars{"wishlistId": wished.str("wishlistItemsAdd.wishlist.id"), "itemIds": []any{wished.str("wishlistItemsAdd.wishlist.items.nodes.0.id")}},
			changes: map[string]any{
				"wishlistId": "wsh_another", "itemIds.0": each{wished.str("wishlistItemsAdd.wishlist.items.nodes.1.id"), "wsi_another"},
			},
		},
		"checkoutCreate": {
			as:       buyer,
			document: `mutation($input: CheckoutCreateInput!) { checkoutCreate(input: $input) { checkout { id version }` + userErrors,
			args: vars{"input": vars{
				"cartId": buyer.add(t, mug, 1), "email": "ada@example.test", "shippingAddress": address, "shippingMethodId": "standard",
			}},
			changes: with(changedAddress("input.shippingAddress"), map[string]any{
				"input.cartId": "crt_another", "input.expectedCartVersion": 1, "input.email": "bea@example.test",
				"input.addressId":        instead{[]string{"input.shippingAddress"}, "adr_another"},
				"input.shippingMethodId": each{"express", "another"},
			}),
		},
		"orderPlace": {
			as:       placer,
			document: `mutation($input: OrderPlaceInput!) { orderPlace(input: $input) { order { id } checkout { id } replayed` + userErrors,
			args:     vars{"input": placed},
			changes: map[string]any{
				"input.checkoutId": "chk_another", "input.expectedTotal.amount": "1.00", "input.expectedTotal.currencyCode": "EUR",
				"input.payment.token": "tok_decline", "input.payment.returnUrl": "https://shop.test/b",
			},
		},
		"orderCancel": {
			as:       canceller,
			document: `mutation($input: OrderCancelInput!) { orderCancel(input: $input) { order { id } replayed` + userErrors,
			args:     vars{"input": vars{"orderId": cancelled.str("order.id"), "reason": "OTHER", "note": "a"}},
			changes:  map[string]any{"input.orderId": each{refunded, "ord_another"}, "input.reason": "CUSTOMER_REQUEST", "input.note": "b"},
		},
		"orderNoteAdd": {
			as:       staff,
			document: `mutation($input: OrderNoteAddInput!) { orderNoteAdd(input: $input) { order { id } replayed` + userErrors,
			args:     vars{"input": vars{"orderId": packed, "body": "Call first.", "customerVisible": true}},
			changes: map[string]any{
				"input.orderId": each{refunded, "ord_another"}, "input.body": "Call later.", "input.customerVisible": false,
			},
		},
		"shipmentCreate": {
			as:       staff,
			document: `mutation($input: ShipmentCreateInput!) { shipmentCreate(input: $input) { shipment { id } replayed` + userErrors,
			args: vars{"input": vars{
				"orderId": packed, "lines": []vars{{"orderLineId": packedLine, "quantity": 1}},
				"carrier": "Parcels", "trackingNumber": "P-1", "trackingUrl": "https://parcels.test/P-1",
			}},
			changes: map[string]any{
				"input.orderId": each{refunded, "ord_another"}, "input.lines.0.orderLineId": "orl_another", "input.lines.0.quantity": 2,
				"input.carrier": "Others", "input.trackingNumber": "P-2", "input.trackingUrl": "https://parcels.test/P-2",
			},
		},
		"returnRequest": {
			as:       returns.customer,
			document: `mutation($input: ReturnRequestInput!) { returnRequest(input: $input) { return { id } replayed` + userErrors,
			args: vars{"input": vars{
				"orderId": returns.order, "lines": []vars{{"orderLineId": returns.line, "quantity": 1, "reason": "DAMAGED"}}, "note": "a",
			}},
			changes: map[string]any{
				"input.orderId": each{refunded, "ord_another"}, "input.lines.0.orderLineId": "oln_another", "input.lines.0.quantity": 2,
				"input.lines.0.reason": "OTHER", "input.note": "b",
			},
		},
		"returnCancel": {
			as:       returns.customer,
			document: `mutation($input: ReturnCancelInput!) { returnCancel(input: $input) { return { id } replayed` + userErrors,
			args:     vars{"input": vars{"returnId": returns.ids[0]}},
			changes:  map[string]any{"input.returnId": each{returns.ids[3], "ret_another"}},
		},
		"returnDecide": {
			as:       staff,
			document: `mutation($input: ReturnDecideInput!) { returnDecide(input: $input) { return { id } replayed` + userErrors,
			args:     vars{"input": vars{"returnId": returns.ids[1], "decision": "APPROVE", "note": "a"}},
			changes:  map[string]any{"input.returnId": each{returns.ids[3], "ret_another"}, "input.decision": "REJECT", "input.note": "b"},
		},
		"returnReceive": {
			as:       staff,
			document: `mutation($input: ReturnReceiveInput!) { returnReceive(input: $input) { return { id } replayed` + userErrors,
			args: vars{"input": vars{
				"returnId": returns.ids[2], "lines": []vars{{"orderLineId": returns.line, "quantity": 1, "condition": "NEW"}}, "note": "a",
			}},
			changes: map[string]any{
				"input.returnId": each{returns.ids[3], "ret_another"}, "input.lines.0.orderLineId": "oln_another", "input.lines.0.quantity": 0,
				"input.lines.0.condition": "USED", "input.lines.0.restock": false, "input.lines.0.refund": false, "input.note": "b",
			},
		},
		"paymentCreate": {
			as:       payer,
			document: `mutation($input: PaymentCreateInput!) { paymentCreate(input: $input) { payment { id } replayed` + userErrors,
			args: vars{"input": vars{
				"orderId": unpaid.str("order.id"), "amount": vars{"amount": due, "currencyCode": "USD"},
				"instrument": vars{"token": "tok_ok", "returnUrl": "https://shop.test/a"},
			}},
			changes: map[string]any{
				"input.orderId": each{refunded, "ord_another"}, "input.amount.amount": "1.00", "input.amount.currencyCode": "EUR",
				"input.instrument.token": "tok_decline", "input.instrument.returnUrl": "https://shop.test/b", "input.useGiftCards": false,
			},
		},
		"paymentConfirm": {
			as: confirmer,
			document: `mutation($paymentId: ID!, $idempotencyKey: ID!) {
				paymentConfirm(paymentId: $paymentId, idempotencyKey: $idempotencyKey) { payment { id } replayed` + userErrors,
			args:    vars{"paymentId": confirmed},
			changes: map[string]any{"paymentId": each{other, "pay_another"}},
		},
		"paymentVoid": {
			as: staff,
			document: `mutation($paymentId: ID!, $idempotencyKey: ID!) {
				paymentVoid(paymentId: $paymentId, idempotencyKey: $idempotencyKey) { payment { id } replayed` + userErrors,
			args:    vars{"paymentId": voided},
			changes: map[string]any{"paymentId": each{other, "pay_another"}},
		},
		"refundCreate": {
			as:       staff,
			document: `mutation($input: RefundCreateInput!) { refundCreate(input: $input) { refund { id } order { id } replayed` + userErrors,
			args: vars{"input": vars{
				"orderId": refunded, "amount": vars{"amount": "1.00", "currencyCode": "USD"}, "reason": "OTHER", "note": "a",
			}},
			changes: map[string]any{
				"input.orderId": each{cancelled.str("order.id"), "ord_another"}, "input.paymentId": each{total.str("payments.0.id"), "pay_another"}, "input.amount.amount": "2.00",
				"input.amount.currencyCode": "EUR", "input.reason": "FRAUD", "input.note": "b",
				"input.lines.0.orderLineId": along{instead{[]string{"input.amount"}, "oln_another"}, vars{"input.lines.0.quantity": 1}},
				"input.lines.0.quantity":    along{instead{[]string{"input.amount"}, 1}, vars{"input.lines.0.orderLineId": "oln_another"}},
			},
		},
		"giftCardIssue": {
			as:       staff,
			document: `mutation($input: GiftCardIssueInput!) { giftCardIssue(input: $input) { giftCard { id } replayed` + userErrors,
			args: vars{"input": vars{
				"amount": vars{"amount": "10.00", "currencyCode": "USD"}, "expiresAt": time.Now().AddDate(1, 0, 0), "note": "a",
			}},
			changes: map[string]any{
				"input.amount.amount": "11.00", "input.amount.currencyCode": "EUR", "input.expiresAt": time.Now().AddDate(2, 0, 0), "input.note": "b",
			},
		},
		"giftCardDisable": {
			as:       staff,
			document: `mutation($id: ID!, $idempotencyKey: ID!) { giftCardDisable(id: $id, idempotencyKey: $idempotencyKey) { giftCard { id } replayed` + userErrors,
			args:     vars{"id": staff.issueGiftCard(t, "10.00").str("giftCard.id")},
			changes:  map[string]any{"id": each{staff.issueGiftCard(t, "10.00").str("giftCard.id"), "gft_another"}},
		},
		"disputeSubmitEvidence": {
			as:       staff,
			document: `mutation($input: DisputeEvidenceInput!) { disputeSubmitEvidence(input: $input) { dispute { id } replayed` + userErrors,
			args:     vars{"input": vars{"disputeId": disputed("answered"), "text": "a"}},
			changes:  map[string]any{"input.disputeId": "dsp_another", "input.text": "b"},
		},
		"disputeAccept": {
			as:       staff,
			document: `mutation($disputeId: ID!, $idempotencyKey: ID!) { disputeAccept(disputeId: $disputeId, idempotencyKey: $idempotencyKey) { dispute { id } replayed` + userErrors,
			args:     vars{"disputeId": disputed("accepted")},
			changes:  map[string]any{"disputeId": "dsp_another"},
		},
		"stockAdjustMany": {
			as:       staff,
			document: `mutation($input: StockAdjustManyInput!) { stockAdjustMany(input: $input) { results { variant { id } }` + userErrors,
			args:     vars{"input": vars{"changes": []vars{{"variantId": mug, "delta": 1, "reason": "RECEIVED"}}}},
			changes: map[string]any{
				"input.changes.0.variantId": each{lamp, "var_another"}, "input.changes.0.delta": 2,
				"input.changes.0.changeFromQuantity": 1, "input.changes.0.reason": "RETURNED",
			},
		},
		"stockReceive": {
			as:       staff,
			document: `mutation($input: StockReceiveInput!) { stockReceive(input: $input) { receipt { id } replayed` + userErrors,
			args:     vars{"input": vars{"reference": "DN-1", "lines": []vars{{"variantId": mug, "quantity": 1}}}},
			changes: map[string]any{
				"input.reference": "DN-2", "input.lines.0.variantId": each{lamp, "var_another"}, "input.lines.0.quantity": 2,
			},
		},
		"stockAdjust": {
			as:       staff,
			document: `mutation($input: StockAdjustInput!) { stockAdjust(input: $input) { variant { id } replayed` + userErrors,
			args:     vars{"input": vars{"variantId": mug, "delta": 1, "reason": "RECEIVED"}},
			changes: map[string]any{
				"input.variantId": each{lamp, "var_another"}, "input.delta": 2, "input.changeFromQuantity": 1, "input.reason": "RETURNED",
			},
		},
	}
}

// returned is a delivered order of many units, and returns of one of them each. The one
// with index 2 is approved.
type returned struct {
	customer    *client
	order, line string
	ids         []string
}

func (s *system) returns(t *testing.T, staff *client, variant string) (r returned) {
	t.Helper()
	r.customer = s.register(t, "returner")
	r.order = r.customer.buy(t, variant, 6, "tok_ok").str("order.id")
	r.customer.await(t, r.order, "CONFIRMED")
	r.line = r.customer.do(t, `query($id: ID!) { order(id: $id) { lines { nodes { id } } } }`, vars{"id": r.order}).str("order.lines.nodes.0.id")
	shipment := staff.do(t, `mutation($input: ShipmentCreateInput!) { shipmentCreate(input: $input) { shipment { id } } }`, vars{"input": vars{
		"orderId": r.order, "lines": []vars{{"orderLineId": r.line, "quantity": 6}}, "carrier": "Parcels", "trackingNumber": "P-9", "idempotencyKey": id.New("key"),
	}}).str("shipmentCreate.shipment.id")
	staff.do(t, `mutation($input: TrackingEventInput!) { shipmentTrackingAdd(input: $input) { shipment { id } } }`,
		vars{"input": vars{"shipmentId": shipment, "status": "DELIVERED", "message": "Delivered."}})
	for range 4 {
		r.ids = append(r.ids, r.customer.do(t, `mutation($input: ReturnRequestInput!) { returnRequest(input: $input) { return { id } } }`, vars{"input": vars{
			"orderId": r.order, "lines": []vars{{"orderLineId": r.line, "quantity": 1, "reason": "OTHER"}}, "idempotencyKey": id.New("key"),
		}}).str("returnRequest.return.id"))
	}
	staff.do(t, `mutation($input: ReturnDecideInput!) { returnDecide(input: $input) { return { id } } }`,
		vars{"input": vars{"returnId": r.ids[2], "decision": "APPROVE", "idempotencyKey": id.New("key")}})
	return r
}
