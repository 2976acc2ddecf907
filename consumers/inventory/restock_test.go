package inventory_test

import (
	"testing"

	"cartograph/internal/event"
)

func TestUnitsOfAReturnAreRestockedOnce(t *testing.T) {
	t.Parallel()
	s := stocked(t, 5, "var_mug", "var_lamp")
	returned := event.ReturnReceived{
		ReturnFacts: event.ReturnFacts{OrderFacts: event.OrderFacts{CheckoutID: "chk_1"}, ReturnID: "ret_1"},
		Received: []event.ReceivedLine{
			{OrderLineID: "a", VariantID: "var_mug", Quantity: 2, Restock: true},
			{OrderLineID: "b", VariantID: "var_mug", Quantity: 1, Restock: true}, // another line of the variant
			{OrderLineID: "c", VariantID: "var_lamp", Quantity: 1},               // damaged
		},
	}
	for range 2 { // the second has another id
		s.mustHandle(t, returned)
	}
	s.wantFigures(t, "var_mug", 8, 0, 0)
	s.wantFigures(t, "var_lamp", 5, 0, 0)
	if level := lastPublished[event.LevelChanged](t, s, "var_mug"); level.Available != 8 {
		t.Errorf("the new level is %+v", level)
	}
	var ledger string
	if err := s.pool.QueryRow(t.Context(), "SELECT string_agg(variant_id || ' ' || delta || ' ' || reason, ', ') FROM stock_ledger WHERE key = 'ret_1'").Scan(&ledger); err != nil ||
		ledger != "var_mug 3 RETURNED" {
		t.Errorf("the ledger has %q, %v", ledger, err)
	}
	s.wantEquation(t)
}
