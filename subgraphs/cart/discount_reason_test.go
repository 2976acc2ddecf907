package cart_test

import "testing"

func TestACodeThatDoesNotApplyHasAReasonWithoutAMinimum(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.save(t, tenPercent)
	c := f.add(ada(t), t, "var_mug", 1)
	if _, err := f.ApplyDiscountCodes(ada(t), c.ID, []string{"WELCOME10"}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.pool.Exec(t.Context(), "UPDATE promotions SET archived_at = now()"); err != nil {
		t.Fatal(err)
	}
	c, err := f.ActiveCart(ada(t))
	if err != nil {
		t.Fatal(err)
	}
	codes := f.Quote(ada(t), c).Codes
	if len(codes) != 1 || codes[0].Reason(ada(t)) == nil {
		t.Errorf("codes = %+v, want one with a reason", codes)
	}
}
