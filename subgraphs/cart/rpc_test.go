package cart_test

import (
	"testing"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/cart"
)

// readCart is the cart that a checkout reads.
func readCart(t *testing.T, f fixture, query *rpcv1.CartQuery, refused ...string) *rpcv1.Cart {
	t.Helper()
	return readCarts(t, f, refused, query)[0].GetCart()
}

func readCarts(t *testing.T, f fixture, refused []string, queries ...*rpcv1.CartQuery) []*rpcv1.CartResult {
	t.Helper()
	res, err := cart.NewServer(f.Service).ReadCarts(t.Context(), &rpcv1.ReadCartsRequest{Queries: queries, RefusedVariantIds: refused})
	if err != nil || len(res.GetResults()) != len(queries) {
		t.Fatalf("%d results for %d queries, %v", len(res.GetResults()), len(queries), err)
	}
	return res.GetResults()
}

// Carts that are read together are each that of its query: with the lines and the
// merged carts of its own.
func TestCartsReadTogetherAreAsReadAlone(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	guest := f.add(as(t, auth.Actor{Kind: auth.Guest, ID: "gst_1"}), t, "var_mug", 2)
	f.add(ada(t), t, "var_pen", 1)
	merged, err := f.ActiveCart(as(t, auth.Actor{Kind: auth.User, ID: "usr_ada", GuestID: "gst_1"}))
	if err != nil {
		t.Fatal(err)
	}
	other := f.add(as(t, auth.Actor{Kind: auth.Guest, ID: "gst_2"}), t, "var_pen", 4)
	got := readCarts(t, f, []string{"var_mug"},
		&rpcv1.CartQuery{CartId: other.ID, OwnerIds: []string{"gst_2"}},
		&rpcv1.CartQuery{CartId: "crt_nope", OwnerIds: []string{"gst_2"}},
		&rpcv1.CartQuery{CartId: other.ID, OwnerIds: []string{"usr_ada"}},
		&rpcv1.CartQuery{CartId: merged.ID, OwnerIds: []string{"gst_1", "usr_ada"}},
	)
	if got[1].GetCart() != nil || got[2].GetCart() != nil {
		t.Errorf("an unknown cart and another's: %v, %v, want none", got[1], got[2])
	}
	if c := got[0].GetCart(); c.GetCartId() != other.ID || len(c.GetMergedCartIds()) != 0 || c.GetPromotionsLeftOut() ||
		len(c.GetLines()) != 1 || c.GetLines()[0].GetVariantId() != "var_pen" || c.GetLines()[0].GetQuantity() != 4 {
		t.Errorf("the guest's cart is %v, want four pens", c)
	}
	if c := got[3].GetCart(); c.GetCartId() != merged.ID || len(c.GetLines()) != 2 || !c.GetPromotionsLeftOut() ||
		len(c.GetMergedCartIds()) != 1 || c.GetMergedCartIds()[0] != guest.ID {
		t.Errorf("the merged cart is %v, want a pen, two mugs and the guest's cart", c)
	}
}

func TestACallReadsABoundedNumberOfCarts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	queries := make([]*rpcv1.CartQuery, 65)
	for i := range queries {
		queries[i] = &rpcv1.CartQuery{CartId: "crt_nope"}
	}
	if _, err := cart.NewServer(f.Service).ReadCarts(t.Context(), &rpcv1.ReadCartsRequest{Queries: queries}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("65 carts: %v, want a refusal", err)
	}
}
