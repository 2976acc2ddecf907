package cart_test

import (
	"strings"
	"testing"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
)

func TestAWishlistIsRenamedAndDeletedByItsOwnerAlone(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	guest := as(t, auth.Actor{Kind: auth.Guest, ID: "gst_1"})
	eve := as(t, auth.Actor{Kind: auth.User, ID: "usr_eve", Scopes: []string{"carts:read", "customers:read"}})
	w, err := f.CreateWishlist(guest, "Birthday")
	if err != nil {
		t.Fatal(err)
	}
	if w, err = f.RenameWishlist(guest, w.ID, "  Summer "); err != nil || w.Name(guest) != "Summer" {
		t.Errorf("renamed to %v, %v, want Summer", w, err)
	}
	for _, name := range []string{"", "  ", strings.Repeat("a", 81)} {
		if _, err := f.RenameWishlist(guest, w.ID, name); fault.KindOf(err) != fault.Invalid {
			t.Errorf("name %q: %v, want it refused", name, err)
		}
	}
	if _, err := f.RenameWishlist(eve, w.ID, "Mine"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("renamed by another: %v, want not found", err)
	}
	if err := f.DeleteWishlist(eve, w.ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("deleted by another: %v, want not found", err)
	}
	lists, err := f.MyWishlists(guest)
	if err != nil || len(lists) != 2 || !lists[0].IsDefault {
		t.Fatalf("wishlists = %v, %v, want the default one and another", lists, err)
	}
	if err := f.DeleteWishlist(guest, lists[0].ID); fault.KindOf(err) != fault.Conflict {
		t.Errorf("the default wishlist is deleted: %v, want it refused", err)
	}
	if _, err := f.AddWishlistItems(guest, &w.ID, []string{"var_mug"}); err != nil {
		t.Fatal(err)
	}
	if err := f.DeleteWishlist(guest, w.ID); err != nil {
		t.Fatal(err)
	}
	if err := f.DeleteWishlist(guest, w.ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("deleted again: %v, want not found", err)
	}
	if lists, err = f.MyWishlists(guest); err != nil || len(lists) != 1 {
		t.Errorf("wishlists = %v, %v, want the default one", lists, err)
	}
	if wishlisted, err := f.Wishlisted(guest, []string{"var_mug"}); err != nil || wishlisted[0] {
		t.Errorf("the mug is wishlisted: %v, %v, want its wishlist gone", wishlisted, err)
	}
}

func TestAGuestsWishlistsAreTheAccountsAfterSigningIn(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	if _, err := f.CreateWishlist(as(t, auth.Actor{Kind: auth.Guest, ID: "gst_1"}), "Birthday"); err != nil {
		t.Fatal(err)
	}
	lists, err := f.MyWishlists(as(t, auth.Actor{Kind: auth.User, ID: "usr_ada", GuestID: "gst_1"}))
	if err != nil || len(lists) != 2 {
		t.Fatalf("wishlists = %v, %v, want the default one and the guest's", lists, err)
	}
	for _, w := range lists {
		if w.OwnerID != "usr_ada" {
			t.Errorf("%s belongs to %s, want usr_ada", w.ID, w.OwnerID)
		}
	}
	if lists, err = f.MyWishlists(as(t, auth.Actor{Kind: auth.Anonymous})); err != nil || lists == nil || len(lists) != 0 {
		t.Errorf("wishlists of nobody = %v, %v, want an empty list", lists, err)
	}
}
