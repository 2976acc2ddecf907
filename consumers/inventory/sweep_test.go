package inventory_test

import (
	"testing"
	"time"
)

// The clock of Postgres jumped three days ahead and came back.
func TestAHoldOfAClockThatJumpedEndsAfterItsOwnTime(t *testing.T) {
	t.Parallel()
	s := stocked(t, 10, "var_mug")
	jumped, usual := s.mustHold(t, "chk_jumped", of("var_mug", 2)), s.mustHold(t, "chk_usual", of("var_mug", 3))
	_, err := s.pool.Exec(t.Context(), `UPDATE holds SET created_at = created_at + interval '3 days',
		expires_at = expires_at + interval '3 days' WHERE checkout_id = 'chk_jumped'`)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Heal(t.Context()); err != nil {
		t.Fatal(err)
	}
	for checkout, was := range map[string]time.Time{"chk_jumped": jumped.ExpiresAt, "chk_usual": usual.ExpiresAt} {
		var ends time.Time
		if err := s.pool.QueryRow(t.Context(), "SELECT expires_at FROM holds WHERE checkout_id = $1", checkout).Scan(&ends); err != nil {
			t.Fatal(err)
		}
		if off := ends.Sub(was); off < 0 || off > time.Minute {
			t.Errorf("%s ends at %s, want about %s", checkout, ends, was)
		}
	}
	s.expire(t, "chk_jumped")
	if n, err := s.Sweep(t.Context()); n != 1 || err != nil {
		t.Errorf("%d holds expired, %v; want the one whose time is over", n, err)
	}
	s.wantEquation(t)
}
