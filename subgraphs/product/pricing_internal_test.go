package product

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cartograph/subgraphs/product/db"
)

func TestWhenPricesTakeEffectAndReturn(t *testing.T) {
	t.Parallel()
	clock := func(hour int) time.Time { return time.Date(2026, 3, 1, hour, 0, 0, 0, time.UTC) }
	price := func(minor int64) db.PriceImport {
		return db.PriceImport{VariantID: "v", Currency: "EUR", PriceMinor: minor}
	}
	begins := func(hour int, minor int64, until ...int) db.ScheduledPrice {
		p := db.ScheduledPrice{VariantID: "v", Currency: "EUR", EffectiveAt: clock(hour), PriceMinor: minor}
		for _, hour := range until {
			p.UntilAt = new(clock(hour))
		}
		return p
	}
	returns := func(hour int, minor int64) db.ScheduledPrice {
		return db.ScheduledPrice{VariantID: "v", Currency: "EUR", EffectiveAt: clock(hour).Add(-time.Microsecond), PriceMinor: minor, IsReturn: true}
	}
	for claim, tt := range map[string]struct {
		present   []db.PriceImport
		scheduled []db.ScheduledPrice
		at        int
		set       []db.PriceImport
		returns   []db.ScheduledPrice
	}{
		"nothing is due": {present: []db.PriceImport{price(10)}, at: 1},
		"a price begins": {present: []db.PriceImport{price(10)}, scheduled: []db.ScheduledPrice{begins(1, 8)}, at: 2, set: []db.PriceImport{price(8)}},
		"a first price":  {scheduled: []db.ScheduledPrice{begins(1, 8)}, at: 1, set: []db.PriceImport{price(8)}},
		"a first price has none to return to": {
			scheduled: []db.ScheduledPrice{begins(1, 8, 3)}, at: 1, set: []db.PriceImport{price(8)},
		},
		"a price for a time": {
			present: []db.PriceImport{price(10)}, scheduled: []db.ScheduledPrice{begins(1, 8, 3)}, at: 2, set: []db.PriceImport{price(8)}, returns: []db.ScheduledPrice{returns(3, 10)},
		},
		"a price returns": {
			present: []db.PriceImport{price(8)}, scheduled: []db.ScheduledPrice{returns(3, 10)}, at: 3, set: []db.PriceImport{price(10)},
		},
		"a return that is not due stays": {
			present: []db.PriceImport{price(8)}, scheduled: []db.ScheduledPrice{returns(3, 10)}, at: 2, set: []db.PriceImport{price(8)}, returns: []db.ScheduledPrice{returns(3, 10)},
		},
		"a time that is over already": {
			present: []db.PriceImport{price(10)}, scheduled: []db.ScheduledPrice{begins(1, 8, 3)}, at: 4, set: []db.PriceImport{price(10)},
		},
		"one time after another": {
			present: []db.PriceImport{price(8)}, scheduled: []db.ScheduledPrice{returns(3, 10), begins(3, 7, 5)}, at: 3, set: []db.PriceImport{price(7)}, returns: []db.ScheduledPrice{returns(5, 10)},
		},
		"a time within another ends it, and the regular price returns": {
			present: []db.PriceImport{price(8)}, scheduled: []db.ScheduledPrice{returns(6, 10), begins(3, 7, 5)}, at: 4, set: []db.PriceImport{price(7)}, returns: []db.ScheduledPrice{returns(5, 10)},
		},
		"a time that outlasts another does not end with it": {
			present: []db.PriceImport{price(8)}, scheduled: []db.ScheduledPrice{returns(4, 10), begins(3, 7, 9)}, at: 5, set: []db.PriceImport{price(7)}, returns: []db.ScheduledPrice{returns(9, 10)},
		},
		"a price without an end cancels the return": {
			present: []db.PriceImport{price(8)}, scheduled: []db.ScheduledPrice{returns(4, 10), begins(3, 7)}, at: 3, set: []db.PriceImport{price(7)},
		},
		"after a pause, in the order of their times": {
			present: []db.PriceImport{price(10)}, scheduled: []db.ScheduledPrice{begins(5, 5), begins(1, 8, 3), begins(2, 7, 4)}, at: 9, set: []db.PriceImport{price(5)},
		},
	} {
		set, back := takeEffect(tt.present, tt.scheduled, clock(tt.at))
		if diff := cmp.Diff(tt.set, set, cmpopts.EquateEmpty()) + cmp.Diff(tt.returns, back, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", claim, diff)
		}
	}
}
