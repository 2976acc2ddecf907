package ordertest

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/giftcard"
	"cartograph/internal/id"
	"cartograph/internal/pricing"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/order"
)

// The tokens, which decide the course of a payment.
const (
	TokenOK           = "tok_ok"
	TokenDecline      = "tok_decline"
	Token3DS          = "tok_3ds"
	TokenSlow         = "tok_slow" // undecided until Approve
	TokenCaptureFails = "tok_capture_fails"
)

// Payments is a payment subgraph in memory.
type Payments struct {
	Down  atomic.Bool // calls fail; events are handled
	topic topic

	Refunds string // how refunds of returns end: FAILED or NOT_DUE; empty: they succeed

	mu       sync.Mutex
	payments map[string]*fakePayment
	cards    map[string]*rpcv1.FindGiftCardResponse // by the hash of the code
	ended    map[string]bool                        // orders that are cancelled or expired
}

// live are the states in which a payment is the only one of its order.
var live = []string{"PROCESSING", "REQUIRES_ACTION", "AUTHORIZED", "CAPTURED"}

type fakePayment struct {
	facts  event.PaymentFacts
	token  string
	status string
	refund string
}

func newPayments() *Payments {
	return &Payments{payments: map[string]*fakePayment{}, cards: map[string]*rpcv1.FindGiftCardResponse{}, ended: map[string]bool{}}
}

// Count is the number of an order's payments in a state.
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

// Create starts another attempt, as paymentCreate does, unless one is live or the
// order has ended.
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

// Approve authorises a payment that waits for the buyer or the bank.
func (p *Payments) Approve(paymentID string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if pay := p.payments[paymentID]; pay.status == "PROCESSING" || pay.status == "REQUIRES_ACTION" {
		pay.status = "AUTHORIZED"
		p.report(pay)
	}
}

// Handle handles an event.
func (p *Payments) Handle(e event.Envelope) {
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
	case event.Type[event.RefundDue]():
		d, _ := event.Decode[event.RefundDue](e)
		p.refund(d)
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
		p.topic.publish(event.PaymentCreated{PaymentFacts: facts})
	}
	p.report(pay)
	return pay
}

// report publishes the state of a payment. It undoes one of an ended order.
func (p *Payments) report(pay *fakePayment) {
	if p.ended[pay.facts.OrderID] {
		p.undo(pay)
	}
	switch pay.status {
	case "AUTHORIZED":
		p.topic.publish(event.PaymentAuthorized{PaymentFacts: pay.facts})
	case "DECLINED":
		p.topic.publish(event.PaymentDeclined{PaymentFacts: pay.facts, Code: "card_declined", Retryable: true})
	case "REQUIRES_ACTION":
		p.topic.publish(event.PaymentActionRequired{PaymentFacts: pay.facts, RedirectURL: "https://bank.test/3ds"})
	case "CAPTURED":
		p.topic.publish(event.PaymentCaptured{PaymentFacts: pay.facts})
	case "FAILED":
		p.topic.publish(event.PaymentCaptureFailed{PaymentFacts: pay.facts, Code: "expired"})
	case "VOIDED":
		p.topic.publish(event.PaymentVoided{PaymentFacts: pay.facts})
	case "REFUNDED":
		p.topic.publish(event.RefundSucceeded{PaymentFacts: pay.facts, RefundID: pay.refund, RefundedMinor: pay.facts.AmountMinor})
	}
}

func (p *Payments) undo(pay *fakePayment) {
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
	p.report(pay)
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
			p.report(pay)
		}
	}
}

func (p *Payments) respond(fn func() *fakePayment) (*rpcv1.PaymentState, error) {
	if p.Down.Load() {
		return nil, unavailable()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	pay := fn()
	s := &rpcv1.PaymentState{
		PaymentId: pay.facts.PaymentID, OrderId: pay.facts.OrderID, Status: pay.status, AmountMinor: pay.facts.AmountMinor, Currency: pay.facts.Currency,
	}
	if pay.status == "DECLINED" {
		s.DeclineCode, s.Retryable = "card_declined", true
	}
	return s, nil
}

// Authorize responds as the payment subgraph does.
func (p *Payments) Authorize(_ context.Context, req *rpcv1.AuthorizeRequest) (*rpcv1.PaymentState, error) {
	return p.respond(func() *fakePayment {
		return p.authorize(event.PaymentFacts{
			PaymentID: req.GetPaymentId(), OrderID: req.GetOrderId(), CheckoutID: req.GetCheckoutId(),
			AmountMinor: req.GetAmountMinor(), Currency: req.GetCurrency(),
		}, req.GetToken())
	})
}

// Capture responds as the payment subgraph does.
func (p *Payments) Capture(_ context.Context, req *rpcv1.CaptureRequest) (*rpcv1.PaymentState, error) {
	return p.respond(func() *fakePayment { return p.capture(req.GetPaymentId()) })
}

// Cancel responds as the payment subgraph does.
func (p *Payments) Cancel(_ context.Context, req *rpcv1.CancelRequest) (*rpcv1.CancelResponse, error) {
	if p.Down.Load() {
		return nil, unavailable()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end(req.GetOrderId())
	return &rpcv1.CancelResponse{}, nil
}

// AddGiftCard makes a card that codes find.
func (p *Payments) AddGiftCard(code giftcard.Code, card *rpcv1.FindGiftCardResponse) {
	p.mu.Lock()
	defer p.mu.Unlock()
	card.LastCharacters = code.LastCharacters()
	p.cards[string(code.Hash())] = card
}

// FindGiftCard responds as the payment subgraph does.
func (p *Payments) FindGiftCard(_ context.Context, req *rpcv1.FindGiftCardRequest) (*rpcv1.FindGiftCardResponse, error) {
	if p.Down.Load() {
		return nil, unavailable()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if card := p.cards[string(req.GetCodeHash())]; card != nil {
		return card, nil
	}
	return nil, fault.Localized(fault.NotFound, "payment.gift_card.not_found")
}

// ApproveIfCreated is Approve for a payment that may not exist yet.
func (p *Payments) ApproveIfCreated(paymentID string) {
	p.mu.Lock()
	known := p.payments[paymentID] != nil
	p.mu.Unlock()
	if known {
		p.Approve(paymentID)
	}
}

// refund refunds lines as if nothing of them was refunded before, or ends as Refunds says.
func (p *Payments) refund(due event.RefundDue) {
	facts := event.PaymentFacts{OrderID: due.OrderID, CheckoutID: due.CheckoutID}
	for _, pay := range p.payments {
		if pay.facts.OrderID == due.OrderID && pay.status == "CAPTURED" {
			facts = pay.facts
		}
	}
	refunded := event.RefundSucceeded{PaymentFacts: facts, RefundID: due.RefundID}
	for _, l := range due.Lines {
		units, minor := pricing.PaidUnits{Quantity: l.Quantity, PaidMinor: l.PaidMinor}.Refund(l.Units)
		refunded.Lines = append(refunded.Lines, event.RefundedLine{OrderLineID: l.OrderLineID, Units: units, Minor: minor})
		refunded.RefundedMinor += minor
	}
	switch p.Refunds {
	case "FAILED":
		p.topic.publish(event.RefundFailed{PaymentFacts: facts, RefundID: due.RefundID, RefundedMinor: refunded.RefundedMinor})
	case "NOT_DUE":
		p.topic.publish(event.RefundNotDue{OrderID: due.OrderID, CheckoutID: due.CheckoutID, RefundID: due.RefundID})
	default:
		p.topic.publish(refunded)
	}
}
