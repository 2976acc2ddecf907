package app

import (
	"fmt"
	"strings"
	"testing"

	"cartograph/internal/check"
)

func TestCheckPrintsEachInvariantAndFailsIfOneIsViolated(t *testing.T) {
	t.Parallel()
	many := map[string]string{}
	for n := range maxViolations + 2 {
		many[fmt.Sprintf("ord_%02d", n)] = "lines 2,\nsubtotal 1"
	}
	results := []check.Result{
		{Group: "stock", Name: "reserved is held", Checked: 7, Violations: map[string]string{}},
		{Group: "gateway", Name: "what is captured", Skipped: "no database of gatewaysim"},
	}
	var out strings.Builder
	if err := printChecked(&out, results); err != nil {
		t.Errorf("%v, want no error without a violation", err)
	}
	want := "ok        stock: reserved is held (7 checked)\nskipped   gateway: what is captured (no database of gatewaysim)\n"
	if out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
	out.Reset()
	err := printChecked(&out, append(results, check.Result{Group: "orders", Name: "lines add up", Checked: 30, Violations: many}))
	if err == nil || err.Error() != "1 of 3 invariants are violated" {
		t.Errorf("%v, want how many are violated", err)
	}
	lines := strings.Split(strings.TrimSpace(strings.TrimPrefix(out.String(), want)), "\n")
	if lines[0] != "VIOLATED  orders: lines add up (22 of 30)" || strings.TrimSpace(lines[1]) != "ord_00: lines 2, subtotal 1" ||
		strings.TrimSpace(lines[len(lines)-1]) != "and 2 more" || len(lines) != maxViolations+2 {
		t.Errorf("%q, want the first %d on a line each", lines, maxViolations)
	}
}
