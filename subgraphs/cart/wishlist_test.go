package cart_test

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/cart"
)

func (f fixture) wish(ctx context.Context, t *testing.T, variants ...string) *cart.Wishlist {
	t.Helper()
	w, err := f.AddWishlistItems(ctx, nil, variants)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (f fixture) items(ctx context.Context, t *testing.T, w *cart.Wishlist) []*cart.WishlistItem {
	t.Helper()
	pages, err := f.WishlistItems(ctx, []*cart.Wishlist{w}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return pages[0].Nodes
}

func variantsIn(items []*cart.WishlistItem) []string {
	variants := []string{}
	for _, i := range items {
		variants = append(variants, i.VariantID)
	}
	return variants
}

func eve(t *testing.T) context.Context {
	t.Helper()
	return as(t, auth.Actor{Kind: auth.User, ID: "usr_eve"})
}

func TestAnItemReportsThatItsPriceHasDropped(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	w := f.wish(ada(t), t, "var_mug", "var_pen")
	f.wish(ada(t), t, "var_mug") // is in it already
	f.catalogue.set(func(c *catalogue) { c.variants["var_mug"].PriceMinor, c.variants["var_pen"].PriceMinor = 1000, 400 })
	f.redis.FlushAll()
	items := f.items(ada(t), t, w)
	if diff := cmp.Diff([]string{"var_pen", "var_mug"}, variantsIn(items)); diff != "" {
		t.Fatalf("items, the newest first (-want +got):\n%s", diff)
	}
	if pen, mug := items[0], items[1]; pen.PriceDropped || !mug.PriceDropped || mug.Added != usd(1250) {
		t.Errorf("pen dropped: %v, mug dropped: %v from %v; want only the mug from $12.50", pen.PriceDropped, mug.PriceDropped, mug.Added)
	}
	f.catalogue.set(func(c *catalogue) { c.down = true })
	f.redis.FlushAll()
	if mug := f.items(ada(t), t, w)[1]; mug.PriceDropped || mug.Snapshot.Title != "Mug" {
		t.Errorf("without the catalogue: %+v, want what was stored", mug)
	}
}

func TestAWishlistIsReadableByItsOwnerAndItsToken(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	w := f.wish(ada(t), t, "var_mug")
	if got, err := f.Wishlist(eve(t), &w.ID, nil); got != nil || err != nil {
		t.Errorf("another customer reads %v, %v by its ID, want nothing", got, err)
	}
	for name, err := range map[string]error{
		"adding":   second(f.AddWishlistItems(eve(t), &w.ID, []string{"var_pen"})),
		"removing": second(f.RemoveWishlistItems(eve(t), w.ID, []string{f.items(ada(t), t, w)[0].ID})),
		"sharing":  second(f.ShareWishlist(eve(t), w.ID, true)),
		"moving":   third(f.MoveItemsToCart(eve(t), cart.MoveToCartRequest{WishlistID: w.ID, ItemIDs: []string{f.items(ada(t), t, w)[0].ID}})),
	} {
		if fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s by another customer = %v, want not found", name, err)
		}
	}
	shared, err := f.ShareWishlist(ada(t), w.ID, true)
	if err != nil {
		t.Fatal(err)
	}
	token := *shared.ShareToken
	url := f.WishlistURL(ada(t), shared)
	if url == nil || *url != "https://shop.test/wishlists/"+token || len(token) < 26 {
		t.Errorf("the link is %v, want one that ends in an unguessable token", url)
	}
	got, err := f.Wishlist(as(t, auth.Actor{Kind: auth.Anonymous}), nil, &token)
	if err != nil || got == nil || len(f.items(eve(t), t, got)) != 1 {
		t.Fatalf("the token opens %v, %v, want the wishlist with its item", got, err)
	}
	if url := f.WishlistURL(eve(t), got); url != nil {
		t.Errorf("others see the link %s, want none", *url)
	}
	if again, err := f.ShareWishlist(ada(t), w.ID, true); err != nil || *again.ShareToken != token {
		t.Errorf("sharing again makes %v, %v, want the same link", again, err)
	}
	if _, err := f.ShareWishlist(ada(t), w.ID, false); err != nil {
		t.Fatal(err)
	}
	if _, err := f.ShareWishlist(ada(t), w.ID, true); err != nil {
		t.Fatal(err)
	}
	if got, err := f.Wishlist(eve(t), nil, &token); got != nil || err != nil {
		t.Errorf("a revoked token opens %v, %v, want nothing", got, err)
	}
}

func second[T any](_ T, err error) error        { return err }
func third[T, U any](_ T, _ U, err error) error { return err }

func TestMovesBetweenCartAndWishlistLoseAndDoubleNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	c := f.add(ada(t), t, "var_mug", 3)
	c, w, err := f.MoveLinesToWishlist(ada(t), c.ID, []string{c.Lines[0].ID}, nil)
	if err != nil || len(c.Lines) != 0 || len(f.items(ada(t), t, w)) != 1 {
		t.Fatalf("moved to the wishlist: %+v, %v, %v", c, w, err)
	}
	key := "k"
	req := cart.MoveToCartRequest{WishlistID: w.ID, ItemIDs: []string{f.items(ada(t), t, w)[0].ID}, IdempotencyKey: &key}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, _, err := f.MoveItemsToCart(ada(t), req); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	c, w, err = f.MoveItemsToCart(ada(t), req)
	if err != nil || w == nil {
		t.Fatal(c, w, err)
	}
	if diff := cmp.Diff(map[string]int{"var_mug": 1}, quantities(c)); diff != "" || len(f.items(ada(t), t, w)) != 0 {
		t.Errorf("the cart after five requests (-want +got):\n%s", diff)
	}
}

func TestAMoveThatFailsLeavesBothAsTheyWere(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	w := f.wish(ada(t), t, "var_mug", "var_old") // the second is sold out
	items := f.items(ada(t), t, w)
	_, _, err := f.MoveItemsToCart(ada(t), cart.MoveToCartRequest{WishlistID: w.ID, ItemIDs: []string{items[1].ID, items[0].ID}})
	if fault.CodeOf(err) != "INSUFFICIENT_STOCK" || !cmp.Equal(cart.PathOf(err), []string{"itemIds", "1"}) {
		t.Errorf("moving what is sold out = %v at %v, want the second item refused", err, cart.PathOf(err))
	}
	if c, err := f.ActiveCart(ada(t)); c != nil || err != nil || len(f.items(ada(t), t, w)) != 2 {
		t.Errorf("the cart is %v, %v, want none and both items kept", c, err)
	}
}

func TestWishlistsAreBounded(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.catalogue.set(func(c *catalogue) {
		for i := range 201 {
			v := "var_" + strconv.Itoa(i)
			c.variants[v] = &rpcv1.PricedVariant{VariantId: v, PriceMinor: 1}
		}
	})
	add := func(from, to int) error {
		var ids []string
		for i := from; i < to; i++ {
			ids = append(ids, "var_"+strconv.Itoa(i))
		}
		return second(f.AddWishlistItems(ada(t), nil, ids))
	}
	if err := errorsOf(add(0, 100), add(100, 200)); err != nil {
		t.Fatal(err)
	}
	if err := add(200, 201); fault.CodeOf(err) != "QUANTITY_LIMIT" {
		t.Errorf("the 201st item = %v, want it refused", err)
	}
	if err := add(0, 101); fault.KindOf(err) != fault.Invalid {
		t.Errorf("101 items at once = %v, want them refused", err)
	}
	var wg sync.WaitGroup
	for range 25 {
		wg.Go(func() { _, _ = f.CreateWishlist(ada(t), "Birthday") })
	}
	wg.Wait()
	lists, err := f.WishlistsOf(ada(t), []string{"usr_ada"})
	if err != nil || len(lists[0]) != 20 || !lists[0][0].IsDefault {
		t.Errorf("the customer has %d wishlists, %v, want 20 with the default first", len(lists[0]), err)
	}
	for _, name := range []string{" ", strings.Repeat("ä", 81)} {
		if _, err := f.CreateWishlist(eve(t), name); fault.KindOf(err) != fault.Invalid {
			t.Errorf("the name %q = %v, want it refused", name, err)
		}
	}
}

func errorsOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestTheWishlistsOfAGuestBecomeTheAccounts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	guest := as(t, auth.Actor{Kind: auth.Guest, ID: "gst_1"})
	f.wish(guest, t, "var_mug", "var_pen")
	birthday, err := f.CreateWishlist(guest, "Birthday")
	if err != nil {
		t.Fatal(err)
	}
	own := f.wish(ada(t), t, "var_mug")
	both := as(t, auth.Actor{Kind: auth.User, ID: "usr_ada", GuestID: "gst_1"})
	var wg sync.WaitGroup
	for range 4 { // as the first page does
		wg.Go(func() {
			if _, err := f.WishlistsOf(both, []string{"usr_ada"}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	lists, err := f.WishlistsOf(ada(t), []string{"usr_ada", "usr_eve"})
	if err != nil || len(lists[0]) != 2 || lists[0][0].ID != own.ID || lists[0][1].ID != birthday.ID || lists[1] != nil {
		t.Fatalf("wishlists %+v, %v, want the default one and the birthday's, and nobody else's", lists, err)
	}
	if diff := cmp.Diff([]string{"var_mug", "var_pen"}, variantsIn(f.items(ada(t), t, own))); diff != "" {
		t.Errorf("items of both (-want +got):\n%s", diff)
	}
	if marked, err := f.Wishlisted(guest, []string{"var_mug"}); err != nil || marked[0] {
		t.Errorf("the guest still has the mug: %v, %v", marked, err)
	}
}
