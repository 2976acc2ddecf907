package order_test

import (
	"testing"

	"cartograph/subgraphs/order/db"
	"cartograph/subgraphs/order/ordertest"
)

// The lock makes sure of where a purchase is; the statement does not trust it.
func TestSavePurchaseRefusesAnotherState(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	c := open(t, env)
	for name, change := range map[string]func(*db.SavePurchaseParams){
		"another status":             func(p *db.SavePurchaseParams) { p.FromStatus = "PLACING" },
		"another version":            func(p *db.SavePurchaseParams) { p.FromVersion++ },
		"an order that is not there": func(p *db.SavePurchaseParams) { p.Orders = 1 },
	} {
		p := db.SavePurchaseParams{
			ID: c.ID, FromStatus: string(c.Status), FromVersion: int32(c.Version), Status: "CANCELLED", Version: int32(c.Version) + 1,
			HoldStatus: string(c.Hold.Status), Shortages: []byte("[]"), ExpiresAt: c.Hold.ExpiresAt, At: c.ReadAt,
		}
		change(&p)
		if err := db.New(env.Pool).SavePurchase(t.Context(), p); err == nil {
			t.Errorf("%s: it was saved", name)
		}
	}
	var status string
	if err := env.Pool.QueryRow(t.Context(), "SELECT status FROM checkouts WHERE id = $1", c.ID).Scan(&status); err != nil {
		t.Fatal(err)
	}
	if status != "OPEN" {
		t.Errorf("the checkout is %s, want it as it was", status)
	}
}
