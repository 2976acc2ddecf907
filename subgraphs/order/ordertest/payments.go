package ordertest

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"cartograph/internal/event"
	"cartograph/internal/id"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/order"
)

// Tokens and what they make the payment do.
const (
	TokenOK           = "tok_ok"
	TokenDecline      = "tok_decline"
	Token3DS          = "tok_3ds"
	TokenSlow         = "tok_slow" // undecided until Approve
	TokenCaptureFails = "tok_capture_fails"
)

// Payments plays the payment subgraph.
type Payments struct {
	Down atomic.Bool // calls fail; events still work
	news news

	mu       sync.Mutex
	payments map[string]*fakePayment
	ended    map[string]bool // orders that are over
}

// live are the states of a payment beside which there is no other.
var live = []string{"PROCESSING", "REQUIRES_ACTION", "AUTHORIZED", "CAPTURED"}

type fakePayment struct {
	facts  event.PaymentFacts
	token  string
	status string
	refund string
}

func newPayments() *Payments {
	return &Payments{payments: map[string]*fakePayment{}, ended: map[string]bool{}}
}

// Count is how many payments of an order are in a state.
func (p *Payments) Count(orderID, status string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, pay := range p.payments {
		if pay.facts.OrderID == orderID && pay.status == status {
			n++
		}
	}
	return n
}

// Create begins another attempt, as paymentCreate does: unless one is under
// way, or the order is over.
func (p *Payments) Create(o *order.Order, token string) string {
	paymentID := id.New(id.Payment)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, pay := range p.payments {
		if pay.facts.OrderID == o.ID && slices.Contains(live, pay.status) {
			return ""
		}
	}
	if p.ended[o.ID] {
		return ""
	}
	p.authorize(event.PaymentFacts{
		PaymentID: paymentID, OrderID: o.ID, CheckoutID: o.CheckoutID, AmountMinor: o.Total.Minor, Currency: o.Total.Currency,
	}, token)
	return paymentID
}

// Approve decides what waits for the buyer or the bank.
func (p *Payments) Approve(paymentID string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if pay := p.payments[paymentID]; pay.status == "PROCESSING" || pay.status == "REQUIRES_ACTION" {
		pay.status = "AUTHORIZED"
		p.tell(pay)
	}
}

// Hear lets Payment act on an event.
func (p *Payments) Hear(e event.Envelope) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e.Type {
	case event.Type[event.PaymentDue]():
		d, _ := event.Decode[event.PaymentDue](e)
		p.authorize(event.PaymentFacts{
			PaymentID: d.PaymentID, OrderID: d.OrderID, CheckoutID: d.CheckoutID, AmountMinor: d.AmountMinor, Currency: d.Currency,
		}, d.Token)
	case event.Type[event.CaptureDue]():
		d, _ := event.Decode[event.CaptureDue](e)
		p.capture(d.PaymentID)
	case event.Type[event.OrderCancelled]():
		d, _ := event.Decode[event.OrderCancelled](e)
		p.end(d.OrderID)
	case event.Type[event.OrderExpired]():
		d, _ := event.Decode[event.OrderExpired](e)
		p.end(d.OrderID)
	}
}

func (p *Payments) authorize(facts event.PaymentFacts, token string) *fakePayment {
	pay := p.payments[facts.PaymentID]
	if pay == nil {
		status := map[string]string{TokenDecline: "DECLINED", Token3DS: "REQUIRES_ACTION", TokenSlow: "PROCESSING"}[token]
		pay = &fakePayment{facts: facts, token: token, status: cmp.Or(status, "AUTHORIZED")}
		p.payments[facts.PaymentID] = pay
		p.news.tell(event.PaymentCreated{PaymentFacts: facts})
	}
	p.tell(pay)
	return pay
}

// tell says how a payment stands. An order that is over gets its money back.
func (p *Payments) tell(pay *fakePayment) {
	if p.ended[pay.facts.OrderID] {
		p.giveBack(pay)
	}
	switch pay.status {
	case "AUTHORIZED":
		p.news.tell(event.PaymentAuthorized{PaymentFacts: pay.facts})
	case "DECLINED":
		p.news.tell(event.PaymentDeclined{PaymentFacts: pay.facts, Code: "card_declined", Message: "The card was declined.", Retryable: true})
	case "REQUIRES_ACTION":
		p.news.tell(event.PaymentActionRequired{PaymentFacts: pay.facts, RedirectURL: "https://bank.test/3ds"})
	case "CAPTURED":
		p.news.tell(event.PaymentCaptured{PaymentFacts: pay.facts})
	case "FAILED":
		p.news.tell(event.PaymentCaptureFailed{PaymentFacts: pay.facts, Code: "expired", Message: "The bank would not pay."})
	case "VOIDED":
		p.news.tell(event.PaymentVoided{PaymentFacts: pay.facts})
	case "REFUNDED":
		p.news.tell(event.RefundSucceeded{PaymentFacts: pay.facts, RefundID: pay.refund, RefundedMinor: pay.facts.AmountMinor})
	}
}

func (p *Payments) giveBack(pay *fakePayment) {
	switch pay.status {
	case "AUTHORIZED", "REQUIRES_ACTION", "PROCESSING":
		pay.status = "VOIDED"
	case "CAPTURED":
		pay.status, pay.refund = "REFUNDED", id.New(id.Refund)
	}
}

func (p *Payments) capture(paymentID string) *fakePayment {
	pay := p.payments[paymentID]
	if pay == nil {
		return &fakePayment{status: "FAILED"}
	}
	if pay.status == "AUTHORIZED" && !p.ended[pay.facts.OrderID] {
		pay.status = "CAPTURED"
		if pay.token == TokenCaptureFails {
			pay.status = "FAILED"
		}
	}
	p.tell(pay)
	return pay
}

func (p *Payments) end(orderID string) {
	p.ended[orderID] = true
	ids := []string{}
	for paymentID := range p.payments {
		ids = append(ids, paymentID)
	}
	slices.Sort(ids)
	for _, paymentID := range ids {
		if pay := p.payments[paymentID]; pay.facts.OrderID == orderID {
			p.tell(pay)
		}
	}
}

func (p *Payments) answer(fn func() *fakePayment) (*rpcv1.PaymentState, error) {
	if p.Down.Load() {
		return nil, gone()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	pay := fn()
	s := &rpcv1.PaymentState{
		PaymentId: pay.facts.PaymentID, OrderId: pay.facts.OrderID, Status: pay.status, AmountMinor: pay.facts.AmountMinor, Currency: pay.facts.Currency,
	}
	if pay.status == "DECLINED" {
		s.DeclineCode, s.DeclineMessage, s.Retryable = "card_declined", "The card was declined.", true
	}
	return s, nil
}

// Authorize answers as the payment subgraph does.
func (p *Payments) Authorize(_ context.Context, q *rpcv1.AuthorizeRequest) (*rpcv1.PaymentState, error) {
	return p.answer(func() *fakePayment {
		return p.authorize(event.PaymentFacts{
			PaymentID: q.GetPaymentId(), OrderID: q.GetOrderId(), CheckoutID: q.GetCheckoutId(),
			AmountMinor: q.GetAmountMinor(), Currency: q.GetCurrency(),
		}, q.GetToken())
	})
}

// Capture answers as the payment subgraph does.
func (p *Payments) Capture(_ context.Context, q *rpcv1.CaptureRequest) (*rpcv1.PaymentState, error) {
	return p.answer(func() *fakePayment { return p.capture(q.GetPaymentId()) })
}

// Cancel answers as the payment subgraph does.
func (p *Payments) Cancel(_ context.Context, q *rpcv1.CancelRequest) (*rpcv1.CancelResponse, error) {
	if p.Down.Load() {
		return nil, gone()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end(q.GetOrderId())
	return &rpcv1.CancelResponse{}, nil
}

// ApproveIfThere is Approve of a payment that may not have arrived.
func (p *Payments) ApproveIfThere(paymentID string) {
	p.mu.Lock()
	known := p.payments[paymentID] != nil
	p.mu.Unlock()
	if known {
		p.Approve(paymentID)
	}
}
