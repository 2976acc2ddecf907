package payment_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/money"
	"cartograph/internal/polltest"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/payment"
	"cartograph/subgraphs/payment/gateway"
)

// The order is of two mugs for 33.35 and a lamp for 66.65.
const mugs, lamp = "oln_mugs", "oln_lamp"

type paidOrders struct{ payment.Orders }

func (paidOrders) PaidLines(context.Context, *rpcv1.PaidLinesRequest) (*rpcv1.PaidLinesResponse, error) {
	return &rpcv1.PaidLinesResponse{Lines: []*rpcv1.PaidLine{
		{OrderLineId: mugs, Quantity: 2, PaidMinor: 3335}, {OrderLineId: lamp, Quantity: 1, PaidMinor: 6665},
	}}, nil
}

func openPaid(t *testing.T) (s *shop, p payment.Payment, o event.OrderFacts) {
	t.Helper()
	s = open(t, option{orders: paidOrders{ordersAway}})
	o = s.placed(10000)
	return s, s.capture(s.authorise(o, "tok_ok")), o
}

func refundDue(o event.OrderFacts, lines ...event.RefundDueLine) event.RefundDue {
	return event.RefundDue{RefundID: id.New(id.Refund), ReturnID: id.New(id.Return), OrderID: o.OrderID, CheckoutID: o.CheckoutID, Lines: lines}
}

func unitsOf(line string, quantity int, paid int64, units int) event.RefundDueLine {
	return event.RefundDueLine{PaidLine: event.PaidLine{OrderLineID: line, Quantity: quantity, PaidMinor: paid}, Units: units}
}

func TestReturnedUnitsAreRefundedOnceToTheCent(t *testing.T) {
	t.Parallel()
	s, p, o := openPaid(t)
	first := refundDue(o, unitsOf(mugs, 2, 3335, 1))
	s.handle(first, first) // the second has another id
	s.waitForStatus(p.ID, payment.PartiallyRefunded)
	s.handle(refundDue(o, unitsOf(mugs, 2, 3335, 2), unitsOf(lamp, 1, 6665, 1))) // one of the mugs was refunded already
	s.waitForStatus(p.ID, payment.Refunded)
	refunds, err := s.payments.RefundsByOrder(s.Context(), payment.Everyone, []string{o.OrderID})
	if err != nil {
		t.Fatal(err)
	}
	var got []int64
	for _, r := range refunds[o.OrderID] {
		got = append(got, r.Amount.Minor)
		lines, err := s.payments.RefundLinesOf(s.Context(), []*payment.Refund{r})
		if err != nil || len(lines[0]) == 0 {
			t.Errorf("lines of %s: %v, %v", r.ID, lines, err)
		}
	}
	if len(got) != 2 || got[0] != 1667 || got[1] != 1668+6665 {
		t.Errorf("refunds of %v, want 16.67 and 83.33", got)
	}
	s.handle(refundDue(o, unitsOf(lamp, 1, 6665, 1))) // nothing is left
	if got := s.published(o.CheckoutID); !strings.HasSuffix(got, "refundSucceeded refundSucceeded refundNotDue") {
		t.Errorf("published %s", got)
	}
	s.checkLedger()
}

func TestStaffRefundLines(t *testing.T) {
	t.Parallel()
	s, p, o := openPaid(t)
	request := func(key string, amount *money.Money, lines ...payment.LineUnits) (*payment.Refund, error) {
		r, _, err := s.payments.Refund(s.as(kim), payment.RefundRequest{
			OrderID: o.OrderID, Amount: amount, Lines: lines, Reason: payment.OtherReason, IdempotencyKey: key,
		})
		return r, err
	}
	for _, c := range []struct {
		claim string
		code  string
		path  string
		lines []payment.LineUnits
	}{
		{"a line of another order", "NOT_FOUND", "orderLineId", []payment.LineUnits{{OrderLineID: "oln_none", Units: 1}}},
		{"more units than there are", "AMOUNT_EXCEEDS_CAPTURED", "quantity", []payment.LineUnits{{OrderLineID: mugs, Units: 3}}},
		{"no units", "INVALID_INPUT", "quantity", []payment.LineUnits{{OrderLineID: mugs}}},
		{"a line twice", "INVALID_INPUT", "orderLineId", []payment.LineUnits{{OrderLineID: mugs, Units: 1}, {OrderLineID: mugs, Units: 1}}},
	} {
		_, err := request("refused", nil, c.lines...)
		if f := fault.Of(err); fault.CodeOf(err) != c.code || f == nil || f.Path[len(f.Path)-1] != c.path {
			t.Errorf("%s: %v, want %s at %s", c.claim, err, c.code, c.path)
		}
	}
	if _, err := request("refused", &money.Money{Minor: 1, Currency: "USD"}, payment.LineUnits{OrderLineID: mugs, Units: 1}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("an amount and lines: %v", err)
	}
	mug, err := request("mug", nil, payment.LineUnits{OrderLineID: mugs, Units: 1})
	if err != nil || mug.Amount.Minor != 1667 {
		t.Fatalf("a mug: %+v, %v, want 16.67", mug, err)
	}
	if r, err := request("goodwill", &money.Money{Minor: 5000, Currency: "USD"}); err != nil || r.Amount.Minor != 5000 {
		t.Fatalf("an amount without lines: %+v, %v", r, err)
	}
	rest, err := request("rest", nil, payment.LineUnits{OrderLineID: lamp, Units: 1}, payment.LineUnits{OrderLineID: mugs, Units: 1})
	if err != nil || rest.Amount.Minor != 10000-1667-5000 {
		t.Errorf("the rest: %+v, %v, want what is left of the payment", rest, err)
	}
	s.waitForStatus(p.ID, payment.Refunded)
	s.checkLedger()
}

// Units whose refund the gateway refused can be refunded again.
func TestUnitsOfAFailedRefundAreRefundedAgain(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	o := s.placed(10000)
	p := s.capture(s.authorise(o, "tok_dispute"))
	s.waitForStatus(p.ID, payment.Disputed)
	s.handle(refundDue(o, unitsOf("oln_1", 2, 10000, 1)))
	polltest.EventuallyNoProblem(s, func() string {
		if got := s.published(o.CheckoutID); !strings.HasSuffix(got, "refundFailed") {
			return "published " + got
		}
		return ""
	})
	if n := s.number(s.pool, `SELECT (refunded_units + refunded_minor)::int FROM payable_lines`); n != 0 {
		t.Errorf("%d are still counted as refunded", n)
	}
	s.checkLedger()
}

// A process that dies after the gateway made the refund leaves it to the next, and the
// event of the order comes again.
func TestTheRefundOfAReturnSurvivesACrash(t *testing.T) {
	t.Parallel()
	var crashed atomic.Bool
	s := open(t, option{gateway: func(g gateway.Gateway) gateway.Gateway {
		return &line{Gateway: g, loses: func() bool { return !crashed.Load() }}
	}})
	o := s.placed(10000)
	crashed.Store(true)
	p := s.capture(s.authorise(o, "tok_ok"))
	crashed.Store(false)
	due := refundDue(o, unitsOf("oln_1", 2, 10000, 1))
	s.handle(due)
	polltest.EventuallyNoProblem(s, func() string {
		if n := s.number(s.bank, `SELECT count(*) FROM refunds`); n != 1 {
			return fmt.Sprintf("the gateway made %d refunds", n)
		}
		return ""
	})
	s.stop()
	if n := s.number(s.pool, `SELECT count(*) FROM refunds WHERE status = 'SUCCEEDED'`); n != 0 {
		t.Fatal("the answer of the gateway was not lost")
	}
	crashed.Store(true)
	s.exec(s.pool, `UPDATE refunds SET due_at = now(), leased_until = NULL`)
	s.handle(due)
	s.stop = background(t, s.service(nil).RunWorker)
	if p = s.waitForStatus(p.ID, payment.PartiallyRefunded); p.Refunded.Minor != 5000 {
		t.Errorf("refunded %s, want 50.00", p.Refunded)
	}
	if n := s.number(s.bank, `SELECT count(*) FROM refunds`); n != 1 {
		t.Errorf("the gateway made %d refunds, want 1", n)
	}
	s.checkLedger()
}

// What is paid for units that come back is divided as the payment is.
func TestGiftCardsGetTheirPartOfReturnedUnits(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	card, _ := s.issue(4000)
	o := s.placed(10000, part(card, 4000))
	p := s.capture(s.authorise(o, "tok_ok"))
	s.handle(refundDue(o, unitsOf(mugs, 2, 3335, 1)))
	s.waitForStatus(p.ID, payment.PartiallyRefunded)
	s.wantBalance(card, 666, "after one of the mugs came back") // 40 % of 16.67
	s.handle(refundDue(o, unitsOf(mugs, 2, 3335, 1), unitsOf(lamp, 1, 6665, 1)))
	s.waitForStatus(p.ID, payment.Refunded)
	s.wantBalance(card, 4000, "after everything came back")
	if n := s.number(s.bank, `SELECT sum(amount_minor)::int FROM refunds`); n != 6000 {
		t.Errorf("the gateway refunded %d, want the rest, 6000", n)
	}
	s.checkLedger()
}
