//go:build linux

package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// plan is what a customer does in a purchase.
type plan struct {
	weight int
	name   string
	card   string // token of the card with which the order is placed; empty: it is placed unpaid
	next   func(context.Context, *purchase) error
}

func plans() []plan {
	return []plan{
		{40, "pays", "tok_ok", nil},
		{5, "pays, and the gateway answers late", "tok_timeout_after", nil},
		{4, "pays, and the gateway loses the request", "tok_timeout_before", nil},
		{5, "pays, and the gateway fails", "tok_500_then_ok", nil},
		{3, "pays, and the capture fails", "tok_capture_fails", nil},
		{5, "sends the order twice at once", "tok_ok", nil},
		{10, "is declined, and takes another card", "tok_decline", anotherCard},
		{4, "is declined, and cancels", "tok_decline", cancels},
		{3, "is declined, and leaves", "tok_insufficient", nil},
		{9, "approves 3-D Secure", "tok_3ds", approves},
		{4, "approves 3-D Secure and closes the browser", "tok_3ds", approvesAndLeaves},
		{3, "declines 3-D Secure, and cancels", "tok_3ds", declinesAndCancels},
		{3, "cancels without paying", "", cancels},
		{4, "pays later", "", anotherCard},
		{6, "cancels what is confirmed", "tok_ok", cancelsConfirmed},
	}
}

// choose draws a plan by weight.
func choose(r *rand.Rand) plan {
	all, total := plans(), 0
	for _, p := range all {
		total += p.weight
	}
	n := r.IntN(total)
	for _, p := range all {
		if n -= p.weight; n < 0 {
			return p
		}
	}
	panic("weights")
}

// purchase is what a customer did, and its outcome.
type purchase struct {
	plan
	*client
	number  int
	variant string

	checkoutID string
	orderID    string // empty: no order was placed
	orderNo    string
	outcome    string   // how it ended
	seen       []string // statuses of the order, in order
	err        error    // it has no end
	took       time.Duration
}

func (p *purchase) String() string {
	return fmt.Sprintf("purchase %d (%s): order %s, seen %v, outcome %s", p.number, p.name, p.orderID, p.seen, p.outcome)
}

// key is an idempotency key of the purchase.
func (p *purchase) key(step string) string { return fmt.Sprintf("purchase-%d-%s", p.number, step) }

func (p *purchase) email() string { return fmt.Sprintf("buyer-%d@example.test", p.number) }

// run goes through the purchase to its end.
func (p *purchase) run(ctx context.Context) {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, purchaseLimit)
	defer cancel()
	p.err = p.buy(ctx)
	p.took = time.Since(began)
}

// purchaseLimit is longer than a hold, all faults and the retries after them.
const purchaseLimit = 4 * time.Minute

func (p *purchase) buy(ctx context.Context) error {
	if err := p.guest(ctx); err != nil {
		return err
	}
	cart, problem, err := p.add(ctx, p.variant, p.key("add"))
	if err != nil || len(problem) > 0 {
		p.outcome = "not added: " + problem.code()
		return err
	}
	checkout, problem, err := p.checkout(ctx, cart, p.email(), p.key("checkout"))
	p.checkoutID = checkout.ID
	if err != nil || len(problem) > 0 {
		p.outcome = "no checkout: " + problem.code()
		return err
	}
	order, problem, err := p.placed(ctx, checkout)
	if err != nil {
		return err
	}
	if order.ID == "" {
		p.outcome = "no order: " + problem.code()
		return nil
	}
	p.orderID, p.orderNo = order.ID, order.Number
	if p.next != nil {
		if err := p.next(ctx, p); err != nil {
			return err
		}
	}
	return p.awaitEnd(ctx)
}

// placed sends the order, twice at once if the plan has it.
func (p *purchase) placed(ctx context.Context, checkout checkoutView) (orderView, userErrors, error) {
	if p.name != "sends the order twice at once" {
		return p.place(ctx, checkout, p.card, p.key("place"))
	}
	type answer struct {
		order   orderView
		problem userErrors
		err     error
	}
	answers := make(chan answer, 2)
	for range 2 {
		go func() {
			order, problem, err := p.place(ctx, checkout, p.card, p.key("place"))
			answers <- answer{order, problem, err}
		}()
	}
	a, b := <-answers, <-answers
	if a.order.ID != "" && b.order.ID != "" && a.order.ID != b.order.ID {
		return a.order, nil, fmt.Errorf("one key placed the orders %s and %s", a.order.ID, b.order.ID)
	}
	if a.order.ID == "" {
		a = b
	}
	return a.order, a.problem, errors.Join(a.err, b.err)
}

// look reads the order. What has ended must not be shown as going on.
func (p *purchase) look(ctx context.Context) (orderView, error) {
	o, err := p.order(ctx, p.orderID)
	if err != nil {
		return o, err
	}
	if o.Status == "" {
		return o, fmt.Errorf("the order %s was placed and is not found", p.orderID)
	}
	if n := len(p.seen); n == 0 || p.seen[n-1] != o.Status {
		p.seen = append(p.seen, o.Status)
	}
	if slices.Contains(p.seen[:len(p.seen)-1], o.Status) {
		return o, fmt.Errorf("the order %s went back: %v", p.orderID, p.seen)
	}
	return o, nil
}

const lookEvery = 300 * time.Millisecond

// until reads the order until it is as wanted, or has ended.
func (p *purchase) until(ctx context.Context, wanted func(orderView) bool) (orderView, error) {
	for {
		o, err := p.look(ctx)
		if err != nil || o.ended() || wanted(o) {
			return o, err
		}
		select {
		case <-ctx.Done():
			return o, fmt.Errorf("the order %s does not end: %v, payments %+v", p.orderID, p.seen, o.Payments)
		case <-time.After(lookEvery):
		}
	}
}

func (p *purchase) awaitEnd(ctx context.Context) error {
	o, err := p.until(ctx, orderView.ended)
	if err == nil {
		p.outcome = o.Status
	}
	return err
}

// settled reports whether the last payment needs nothing of the gateway.
func settled(o orderView) bool {
	return len(o.Payments) > 0 && slices.Contains([]string{"DECLINED", "FAILED", "VOIDED"}, o.Payments[len(o.Payments)-1].Status)
}

func anotherCard(ctx context.Context, p *purchase) error {
	if p.card != "" {
		if o, err := p.until(ctx, settled); err != nil || o.ended() {
			return err
		}
	}
	_, err := p.pay(ctx, p.orderID, "tok_ok", p.key("another")) // refused: the order shows why
	return err
}

func cancels(ctx context.Context, p *purchase) error {
	_, _, err := p.cancel(ctx, p.orderID, p.key("cancel")) // refused: the order shows why
	return err
}

// decide submits the bank's page.
func (p *purchase) decide(ctx context.Context, outcome string) (payment string, err error) {
	var page string
	o, err := p.until(ctx, func(o orderView) bool {
		for _, pay := range o.Payments {
			if pay.NextAction != nil {
				payment, page = pay.ID, pay.NextAction.RedirectURL
			}
		}
		return page != ""
	})
	if err != nil || o.ended() || page == "" {
		return "", err
	}
	return payment, p.post(ctx, page, "outcome="+outcome)
}

func approves(ctx context.Context, p *purchase) error {
	payment, err := p.decide(ctx, "approve")
	if err != nil || payment == "" {
		return err
	}
	_, err = p.confirm(ctx, payment, p.key("confirm"))
	return err
}

func approvesAndLeaves(ctx context.Context, p *purchase) error {
	_, err := p.decide(ctx, "approve")
	return err
}

func declinesAndCancels(ctx context.Context, p *purchase) error {
	if _, err := p.decide(ctx, "decline"); err != nil {
		return err
	}
	return cancels(ctx, p)
}

func cancelsConfirmed(ctx context.Context, p *purchase) error {
	if err := p.awaitEnd(ctx); err != nil || p.outcome != "CONFIRMED" {
		return err
	}
	return cancels(ctx, p)
}
