package order

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cartograph/internal/locale"
	"cartograph/internal/money"
	"cartograph/internal/optional"
	"cartograph/internal/promotion"
)

func usd(minor int64) money.Money { return money.Money{Minor: minor, Currency: "USD"} }

func TestTheQuoteHashCoversEverythingQuoted(t *testing.T) {
	t.Parallel()
	quote := func(change func(*Checkout, []Line)) string {
		c := &Checkout{Country: "US", WeightGrams: 500, Costs: Costs{Total: money.Zero("USD")}}
		lines := []Line{{VariantID: "var_a", Quantity: 2, UnitPrice: usd(1900)}}
		change(c, lines)
		c.price(lines)
		return c.QuoteHash
	}
	same := quote(func(*Checkout, []Line) {})
	if again := quote(func(*Checkout, []Line) {}); again != same {
		t.Errorf("the same quote has hashes %s and %s", same, again)
	}
	for name, change := range map[string]func(*Checkout, []Line){
		"discount": func(_ *Checkout, l []Line) { l[0].Discounts = []promotion.Allocation{{Amount: usd(1)}} },
		"price":    func(_ *Checkout, l []Line) { l[0].UnitPrice.Minor++ },
		"quantity": func(_ *Checkout, l []Line) { l[0].Quantity++ },
		"variant":  func(_ *Checkout, l []Line) { l[0].VariantID = "var_b" },
		"country":  func(c *Checkout, _ []Line) { c.Country = "DE" },
		"method":   func(c *Checkout, _ []Line) { c.MethodID = "express" },
		"weight":   func(c *Checkout, _ []Line) { c.WeightGrams = 9000 },
	} {
		if quote(change) == same {
			t.Errorf("another %s has the same hash", name)
		}
	}
}

func TestInvalidEmailAddressesAreRejected(t *testing.T) {
	t.Parallel()
	for _, email := range []string{"", "ada", "ada@", "ada@host", "Ada <ada@demo.test>", "a b@demo.test", strings.Repeat("a", 250) + "@demo.test", "ada@demo.test\r\nBcc: x"} {
		if _, err := checkEmail(email); err == nil {
			t.Errorf("%q was taken for an e-mail address", email)
		}
	}
}

func TestOrderNumbersAreShortAndDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 2000 {
		n := newNumber()
		if len(n) != 9 || !strings.HasPrefix(n, "CG-") || strings.Trim(n[3:], numberAlphabet) != "" {
			t.Fatalf("%q is no order number", n)
		}
		seen[n] = true
	}
	if len(seen) < 1990 {
		t.Errorf("%d of 2000 numbers differ", len(seen))
	}
}

// outcomes draws anything that a purchase of payments p1 to p3 may be published.
func facts() *rapid.Generator[Fact] {
	kinds := []FactKind{
		FactHoldPlaced, FactHoldRejected, FactHoldExtended, FactHoldCommitted, FactHoldCommitFailed, FactHoldReleased, FactHoldExpired, FactStockReturned,
		FactPaymentCreated, FactPaymentActionRequired, FactPaymentAuthorized, FactPaymentDeclined, FactPaymentCaptured, FactPaymentCaptureFailed, FactPaymentVoided,
		FactRefundSucceeded, FactDisputeOpened, FactDisputeWon, FactDisputeLost, FactExpired, FactCheckoutCancelled, FactOrderCancelled,
	}
	return rapid.Custom(func(t *rapid.T) Fact {
		return Fact{
			Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), ExpiresAt: time.Unix(int64(rapid.IntRange(0, 5).Draw(t, "end")), 0),
			PaymentID: rapid.SampledFrom([]string{"p1", "p2", "p3"}).Draw(t, "payment"),
			Amount:    usd(rapid.SampledFrom([]int64{1000, 1000, 1000, 1000, 999}).Draw(t, "amount")),
			RefundID:  rapid.SampledFrom([]string{"r1", "r2"}).Draw(t, "refund"), Disputed: rapid.Bool().Draw(t, "another dispute"), Reason: CustomerRequest, Actor: ByCustomer,
			Shortages: []Shortage{{VariantID: "var_a", Requested: 1, Available: 0}}, HoldStatus: rapid.SampledFrom([]HoldStatus{HoldExpired, HoldReleased, "UNKNOWN"}).Draw(t, "hold"),
		}
	})
}

func drawPurchase(t *rapid.T) *Purchase {
	p := &Purchase{Checkout: Checkout{Status: CheckoutOpen, Costs: Costs{Total: usd(1000)}, Hold: Hold{Status: HoldPending, ExpiresAt: time.Unix(3, 0)}}}
	if rapid.Bool().Draw(t, "placed") {
		o := &Order{Status: PendingPayment, Stage: Placed, PaymentStatus: Unpaid, Costs: p.Checkout.Costs}
		if rapid.Bool().Draw(t, "pays") {
			o.PaymentStatus, o.Payment = PaymentPending, Payment{ID: "p1", Attempts: []string{"p1"}, Token: "tok"}
		}
		p.AttachOrder(o, time.Unix(1, 0))
	}
	return p
}

func TestApplyOnlyMakesLegalMoves(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawPurchase(t)
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			was := *p
			var before Order
			if p.Order != nil {
				before = *p.Order
			}
			o := facts().Draw(t, "outcome")
			change := p.Apply(o, time.Unix(2, 0))

			if !legal(checkoutMoves, was.Checkout.Status, p.Checkout.Status) {
				t.Fatalf("%s moved the checkout from %s to %s", o.Kind, was.Checkout.Status, p.Checkout.Status)
			}
			if !legal(holdMoves, was.Checkout.Hold.Status, p.Checkout.Hold.Status) {
				t.Fatalf("%s moved the hold from %s to %s", o.Kind, was.Checkout.Hold.Status, p.Checkout.Hold.Status)
			}
			if p.Order != nil {
				checkOrderMove(t, o, before, *p.Order)
				checkOrderState(t, p)
			}
			if !change.Changed && (was.Checkout.Version != p.Checkout.Version || len(change.Entries) > 0) {
				t.Fatalf("%s reports no change, and moved to %+v", o.Kind, p.Checkout)
			}
			if change.Changed && (p.Checkout.Version != was.Checkout.Version+1 || len(change.Events) == 0) {
				t.Fatalf("%s changed the purchase from version %d to %d and published %v", o.Kind, was.Checkout.Version, p.Checkout.Version, change.Events)
			}
		}
	})
}

func checkOrderMove(t *rapid.T, o Fact, was, is Order) {
	if !legal(orderMoves, was.Status, is.Status) || !legal(stageMoves, was.Stage, is.Stage) {
		t.Fatalf("%s moved the order from %s, %s to %s, %s", o.Kind, was.Status, was.Stage, is.Status, is.Stage)
	}
	if len(is.Payment.Attempts) < len(was.Payment.Attempts) || is.Payment.Refunded < was.Payment.Refunded {
		t.Fatalf("%s lost a payment or a refund", o.Kind)
	}
}

func checkOrderState(t *rapid.T, p *Purchase) {
	o := p.Order
	paid := slices.Contains([]PaymentStatus{Paid, PartiallyRefunded, Refunded, Disputed, ChargedBack}, o.PaymentStatus)
	switch {
	case o.Status == Confirmed && (o.Stage != Captured || !paid || p.Checkout.Hold.Status != HoldCommitted || p.Checkout.Status != CheckoutCompleted):
		t.Fatalf("confirmed with stage %s, money %s, stock %s, checkout %s", o.Stage, o.PaymentStatus, p.Checkout.Hold.Status, p.Checkout.Status)
	case (o.Status == Cancelled || o.Status == Expired) != (o.Cancelled != nil):
		t.Fatalf("%s with cancellation %+v", o.Status, o.Cancelled)
	case o.Payment.Refunded > o.Total.Minor:
		t.Fatalf("%d of %d refunded", o.Payment.Refunded, o.Total.Minor)
	case o.Status != PendingPayment && o.Payment.Token != "":
		t.Fatalf("%s still keeps the token", o.Status)
	}
}

func TestApplyIsIdempotent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawPurchase(t)
		for range rapid.IntRange(1, 15).Draw(t, "steps") {
			o := facts().Draw(t, "outcome")
			p.Apply(o, time.Unix(2, 0))
			if change := p.Apply(o, time.Unix(3, 0)); change.Changed || len(change.Events) > 0 {
				t.Fatalf("%s for the second time: %+v", o.Kind, change)
			}
		}
	})
}

func TestAnEndedPurchaseIsOutstandingUntilStockAndMoneyAreBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawPurchase(t)
		for range rapid.IntRange(0, 15).Draw(t, "steps") {
			p.Apply(facts().Draw(t, "outcome"), time.Unix(2, 0))
		}
		if !p.ended() {
			return
		}
		held := slices.Contains([]HoldStatus{HoldPending, Held, HoldCommitted}, p.Checkout.Hold.Status)
		if outstanding := held || p.Order != nil && p.Order.holdsMoney(); outstanding != (len(p.Outstanding()) > 0) {
			t.Fatalf("stock %s, order %+v: outstanding %v", p.Checkout.Hold.Status, p.Order, p.Outstanding())
		}
	})
}

func TestTimelineAmountsAreInTheReadersLocale(t *testing.T) {
	t.Parallel()
	total := money.Money{Minor: 199998, Currency: "EUR"}
	change := (&Purchase{}).AttachOrder(&Order{Costs: Costs{Total: total}}, time.Unix(1, 0))
	for reader, want := range map[string]string{"de-DE": "1.999,98\u00a0€", "en-US": "€1,999.98", "": "€1,999.98"} {
		if got := optional.Value(change.Entries[0].Detail(locale.With(t.Context(), reader))); got != want {
			t.Errorf("in %q: %q, want %q", reader, got, want)
		}
	}
}

func TestActionsByStateOfTheOrder(t *testing.T) {
	t.Parallel()
	now := time.Unix(100, 0)
	order := func(change func(*Order)) *Order {
		o := &Order{Status: PendingPayment, Stage: Placed, PaymentStatus: Unpaid, PayBefore: now.Add(time.Minute)}
		change(o)
		return o
	}
	for _, tt := range []struct {
		name        string
		order       *Order
		cancel, pay bool
	}{
		{"unpaid", order(func(*Order) {}), true, true},
		{"paying", order(func(o *Order) { o.PaymentStatus = PaymentPending }), true, false},
		{"declined", order(func(o *Order) { o.PaymentStatus, o.Payment.Attempts = PaymentFailed, []string{"p1"} }), true, true},
		{"too late", order(func(o *Order) { o.PayBefore = now }), true, false},
		{"no attempts left", order(func(o *Order) { o.PaymentStatus, o.Payment.Attempts = PaymentFailed, []string{"1", "2", "3"} }), true, false},
		{"confirmed", order(func(o *Order) { o.Status, o.Stage, o.PaymentStatus = Confirmed, Captured, Paid }), true, false},
		{"cancelled", order(func(o *Order) { o.Status = Cancelled }), false, false},
		{"expired", order(func(o *Order) { o.Status = Expired }), false, false},
	} {
		a := tt.order.Actions(now)
		if a.CanCancel != tt.cancel || a.CanPay != tt.pay || (a.CancelBlockedBecause(t.Context()) == nil) != tt.cancel {
			t.Errorf("%s: %+v, want cancel %v and pay %v", tt.name, a, tt.cancel, tt.pay)
		}
	}
}
