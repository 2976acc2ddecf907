package cart_test

import (
	"testing"

	"cartograph/internal/event"
)

// A mug has become dearer and a pen is no longer sold since they were put in the cart.
func TestADiscountedCartIsShownWhateverIsDown(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		catalogueDown, redisDown bool
		subtotal, discount       int64
		problems                 int
		stale                    bool
	}{
		"nothing":              {subtotal: 3900, discount: 390, problems: 2},
		"the price cache":      {redisDown: true, subtotal: 3900, discount: 390, problems: 2},
		"the catalogue":        {catalogueDown: true, subtotal: 3400, discount: 340, stale: true},
		"both, but not the DB": {catalogueDown: true, redisDown: true, subtotal: 3400, discount: 340, stale: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.save(t, tenPercent)
			f.add(ada(t), t, "var_mug", 2)
			c := f.add(ada(t), t, "var_pen", 3)
			if _, err := f.ApplyDiscountCodes(ada(t), c.ID, []string{"WELCOME10"}); err != nil {
				t.Fatal(err)
			}
			changed := event.ProductSnapshot{ProductID: "prd_mug"}
			for _, variant := range []string{"var_mug", "var_pen"} {
				changed.Variants = append(changed.Variants, event.VariantSnapshot{VariantID: variant, Prices: []event.Price{{Currency: "USD"}}})
			}
			handle(t, f, event.ProductChanged{ProductSnapshot: changed}) // the cached prices are no longer fresh
			f.catalogue.set(func(s *catalogue) {
				s.variants["var_mug"].PriceMinor = 1500
				delete(s.variants, "var_pen")
				s.down = tt.catalogueDown
			})
			if tt.redisDown {
				f.redis.Close()
			}

			c, err := f.ActiveCart(ada(t))
			if err != nil {
				t.Fatal(err)
			}
			q := f.Quote(ada(t), c)
			if q.Subtotal.Minor != tt.subtotal || q.Discount().Minor != tt.discount || len(q.Problems) != tt.problems || q.Stale != tt.stale {
				t.Errorf("%v less %v with %d problems, stale %t; want %d less %d with %d, stale %t",
					q.Subtotal, q.Discount(), len(q.Problems), q.Stale, tt.subtotal, tt.discount, tt.problems, tt.stale)
			}
			var lines int64
			for _, l := range q.Lines {
				lines += l.Cost.Total.Minor
			}
			if lines != tt.subtotal-tt.discount || q.Lines[1].Snapshot.Title != "Pen" {
				t.Errorf("lines add up to %d of %v, the second is %q", lines, q.Subtotal, q.Lines[1].Snapshot.Title)
			}
		})
	}
}
