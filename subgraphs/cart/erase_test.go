package cart_test

import (
	"context"
	"testing"

	"cartograph/internal/auth"
	"cartograph/internal/event"
)

func TestADeletedAccountLeavesNothingOfTheGuestsThatItClaimed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	guest := as(t, auth.Actor{Kind: auth.Guest, ID: "gst_ada"})
	owned := f.add(guest, t, "var_mug", 1)
	if _, err := f.AddWishlistItems(guest, nil, []string{"var_mug"}); err != nil {
		t.Fatal(err)
	}
	handle(t, f, event.GuestClaimed{GuestID: "gst_ada", UserID: "usr_ada"})
	handle(t, f, event.UserErased{UserID: "usr_ada", DisplayName: "Deleted account"})
	var lines, lists int
	err := f.pool.QueryRow(t.Context(), "SELECT (SELECT count(*) FROM cart_lines WHERE cart_id = $1), (SELECT count(*) FROM wishlists)", owned.ID).Scan(&lines, &lists)
	if err != nil || lines != 0 || lists != 0 {
		t.Errorf("%d lines and %d wishlists are left, %v", lines, lists, err)
	}
}

func TestTheCartsOfADeletedAccountAreEmpty(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	owned := f.add(ada(t), t, "var_mug", 3)
	eve := as(t, auth.Actor{Kind: auth.User, ID: "usr_eve"})
	other := f.add(eve, t, "var_mug", 1)
	if _, err := f.pool.Exec(t.Context(), "UPDATE carts SET note = 'Ring twice, Ada'"); err != nil {
		t.Fatal(err)
	}
	for _, owner := range []context.Context{ada(t), eve} {
		if _, err := f.AddWishlistItems(owner, nil, []string{"var_mug"}); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		handle(t, f, event.UserErased{UserID: owned.OwnerID, DisplayName: "Deleted account"})
	}
	var lines, notes int
	err := f.pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM cart_lines WHERE cart_id = $1), (SELECT count(note) FROM carts WHERE id = $1)`, owned.ID).Scan(&lines, &notes)
	if err != nil || lines != 0 || notes != 0 {
		t.Errorf("%d lines and %d notes are left, %v", lines, notes, err)
	}
	var lists, items int
	err = f.pool.QueryRow(t.Context(), "SELECT (SELECT count(*) FROM wishlists), (SELECT count(*) FROM wishlist_items)").Scan(&lists, &items)
	if err != nil || lists != 1 || items != 1 {
		t.Errorf("%d wishlists with %d items are left, %v, want the other's", lists, items, err)
	}
	left, err := f.ActiveCart(eve)
	if err != nil || left == nil || left.ID != other.ID || len(left.Lines) != 1 {
		t.Errorf("another's cart is %v, %v, want it unchanged", left, err)
	}
}
