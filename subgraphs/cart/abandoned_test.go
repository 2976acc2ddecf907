package cart_test

import (
	"testing"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
)

func TestAbandonedCartsArePagedWithoutAGap(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var want []string
	for _, user := range []string{"usr_a", "usr_b", "usr_c", "usr_d"} {
		c := f.add(as(t, auth.Actor{Kind: auth.User, ID: user}), t, "var_mug", 1)
		want = append([]string{c.ID}, want...)
	}
	empty := f.add(ada(t), t, "var_mug", 1)
	if _, err := f.Clear(ada(t), empty.ID); err != nil {
		t.Fatal(err)
	}
	note := "Please ring twice."
	if _, err := f.SetNote(as(t, auth.Actor{Kind: auth.User, ID: "usr_a"}), want[3], &note); err != nil {
		t.Fatal(err)
	}
	// The first two were changed at one moment: their ids decide.
	const age = `UPDATE carts SET updated_at = date_trunc('second', now()) - interval '2 days'
		- CASE WHEN owner_id IN ('usr_a', 'usr_b') THEN interval '1 day' ELSE interval '0' END`
	if _, err := f.pool.Exec(t.Context(), age); err != nil {
		t.Fatal(err)
	}
	f.add(as(t, auth.Actor{Kind: auth.Guest, ID: "gst_1"}), t, "var_pen", 1) // just now

	staff := as(t, auth.Actor{Kind: auth.User, ID: "usr_kim", Scopes: []string{"carts:read"}})
	var got []string
	var after *string
	for range 4 {
		page, err := f.AbandonedCarts(staff, 24, new(2), after)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := f.CountAbandoned(staff, page); err != nil || n != len(want) {
			t.Errorf("%d carts in all, %v, want %d", n, err, len(want))
		}
		for _, c := range page.Nodes {
			got = append(got, c.ID)
			if c.Note != nil {
				t.Errorf("staff who may not see customers read the note %q", *c.Note)
			}
		}
		if !page.PageInfo.HasNextPage {
			break
		}
		after = page.PageInfo.EndCursor
	}
	if len(got) != len(want) {
		t.Fatalf("carts = %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("carts = %v, want %v", got, want)
		}
	}
	if page, err := f.AbandonedCarts(staff, 60, nil, nil); err != nil || len(page.Nodes) != 2 {
		t.Errorf("after 60 hours: %+v, %v, want two carts", page, err)
	}
}

func TestAbandonedCartsAreForStaff(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.add(ada(t), t, "var_mug", 1)
	if page, err := f.AbandonedCarts(ada(t), 0, nil, nil); err != nil || len(page.Nodes) != 0 {
		t.Errorf("a customer reads %+v, %v, want nothing", page, err)
	}
	staff := as(t, auth.Actor{Kind: auth.User, ID: "usr_kim", Scopes: []string{"carts:read"}})
	for _, hours := range []int{-1, 8761} {
		if _, err := f.AbandonedCarts(staff, hours, nil, nil); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%d hours: %v, want it refused", hours, err)
		}
	}
}
