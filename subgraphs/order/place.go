package order

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/cardnumber"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/idempotency"
	"cartograph/internal/money"
	"cartograph/internal/outbox"
	"cartograph/subgraphs/order/db"
)

// Placing asks to make an order of a checkout.
type Placing struct {
	CheckoutID string
	Expected   money.Money // what the customer saw
	Pays       bool        // with Token; otherwise a payment follows in a second step
	Token      string      // the gateway's
	ReturnURL  string
	Key        string // idempotency key
}

// Answer is what became of a command that is sent with an idempotency key.
type Answer struct {
	Order    *Order
	Checkout *Checkout
	Replayed bool // the key was answered before; the states are today's
}

// placingInput is what a Placing means, for its idempotency key.
type placingInput struct {
	CheckoutID, Total, Token string
}

func (p Placing) input() placingInput {
	return placingInput{p.CheckoutID, p.Expected.String(), p.Token}
}

const (
	opPlace  = "orderPlace"
	maxToken = 500
)

func (p Placing) check() error {
	if err := cardnumber.Refuse(p.Token, p.ReturnURL); err != nil {
		return fault.Of(err).At("input", "payment")
	}
	switch {
	case p.Pays && p.Token == "":
		return fault.New(fault.Invalid, "A payment needs the gateway's token.").At("input", "payment", "token")
	case !plain(p.Token, maxToken):
		return fault.New(fault.Invalid, "This is not a token.").At("input", "payment", "token")
	case p.Expected.Minor < 0:
		return fault.New(fault.Invalid, "A total is not negative.").At("input", "expectedTotal")
	default:
		return nil
	}
}

// Place makes an order of a checkout, at most one, and tries to have it paid
// while the buyer waits. A DeclinedError comes with the order, which waits for
// another payment; a checkout that is ordered already comes with its order.
func (s *Service) Place(ctx context.Context, in Placing) (Answer, error) {
	by := auth.From(ctx)
	if by.ID == "" {
		return Answer{}, signIn()
	}
	if err := in.check(); err != nil {
		return Answer{}, err
	}
	leave, err := s.placing.enter(ctx)
	if err != nil {
		return Answer{}, err
	}
	defer leave()
	p, replayed, err := s.place(ctx, by, in, false)
	if errors.Is(err, errHoldPending) {
		if err := s.settleHold(ctx, in.CheckoutID); err != nil {
			return Answer{}, err
		}
		p, replayed, err = s.place(ctx, by, in, true)
	}
	if err != nil {
		return s.refused(ctx, in, err)
	}
	if !replayed {
		s.changed.Notify(in.CheckoutID)
		if in.Pays { // that the payment began is known by its id
			s.learned.Note(Outcome{Kind: PaymentBegan, PaymentID: p.Order.Payment.ID}.of(in.CheckoutID))
		}
		p = s.drive(ctx, p)
	}
	if p == nil {
		p, err = s.placed(ctx, in.CheckoutID)
	}
	if err != nil {
		return Answer{Replayed: replayed}, err
	}
	a := Answer{Order: p.Order, Checkout: &p.Checkout, Replayed: replayed}
	return a, p.trouble()
}

// errHoldPending says that inventory has not answered for the checkout yet.
var errHoldPending = errors.New("the hold is pending")

// settleHold asks once more about stock that inventory had no time to answer
// for when the checkout was opened, so that nobody pays for what is sold out
// while that can be known. If inventory is away, the order is taken all the
// same: its answer comes by event, before money is captured.
func (s *Service) settleHold(ctx context.Context, checkoutID string) error {
	c, err := s.Checkout(ctx, checkoutID)
	if err != nil || c == nil {
		return err
	}
	lines, err := s.CheckoutLines(ctx, []string{checkoutID})
	if err != nil {
		return err
	}
	s.askHold(ctx, c, lines[0], placeBudget)
	return nil
}

// place writes the order. Only then is money touched. Unless pending is true,
// a checkout whose hold is pending is left as it is. A replay changes nothing
// and returns no purchase.
func (s *Service) place(ctx context.Context, by auth.Caller, in Placing, pending bool) (p *Purchase, replayed bool, err error) {
	err = s.out.InTx(ctx, func(tx pgx.Tx) error {
		l, err := s.lock(ctx, tx, db.LockCheckoutParams{ID: in.CheckoutID, Owners: by.Owners()}, false)
		if err != nil {
			return err
		}
		if l == nil {
			return fault.New(fault.NotFound, "There is no such checkout.").At("input", "checkoutId")
		}
		orderID := id.New(id.Order)
		earlier, err := idempotency.Claim(ctx, tx, by.ID, opPlace, in.Key, in.input(), orderID)
		if err != nil || earlier != "" {
			replayed = earlier != ""
			return err
		}
		if err := l.Checkout.checkPlace(in.Expected); err != nil {
			return err
		}
		if l.Checkout.Hold.Status == HoldPending && !pending {
			return errHoldPending
		}
		change := l.Place(newOrder(orderID, &l.Checkout, in), l.Checkout.ReadAt) //nolint:contextcheck // as in apply
		p = &l.Purchase
		return s.savePlaced(ctx, l, change)
	})
	return p, replayed, err
}

// checkPlace returns why the checkout cannot be ordered at a total.
func (c *Checkout) checkPlace(expected money.Money) error {
	if err := c.checkOpen(); err != nil {
		return err
	}
	if err := c.checkReady(); err != nil {
		return err
	}
	if expected.Currency != c.Total.Currency {
		return fault.New(fault.Invalid, "This checkout is in %s.", c.Total.Currency).At("input", "expectedTotal", "currencyCode")
	}
	if expected != c.Total {
		return &TotalChangedError{expected, c.Total}
	}
	return nil
}

// newOrder is the checkout as an order that waits to be paid.
func newOrder(orderID string, c *Checkout, in Placing) *Order {
	o := &Order{
		ID: orderID, CheckoutID: c.ID, CartID: c.CartID, CartVersion: c.CartVersion, OwnerID: c.OwnerID,
		Locale: c.Locale, Email: c.Email, Status: PendingPayment, Stage: Placed, PaymentStatus: Unpaid, Version: 1,
		Costs: c.Costs, ShippingAddress: *c.ShippingAddress, BillingAddress: c.BillingAddress, MethodID: c.MethodID,
		PlacedAt: c.ReadAt, UpdatedAt: c.ReadAt, PayBefore: c.Hold.ExpiresAt, Payment: Payment{Attempts: []string{}},
	}
	if in.Pays {
		o.PaymentStatus = PaymentPending
		paymentID := id.New(id.Payment)
		o.Payment = Payment{ID: paymentID, Attempts: []string{paymentID}, Token: in.Token, ReturnURL: in.ReturnURL}
	}
	return o
}

// savePlaced writes the new order with its lines and history, moves the
// checkout, and tells of it.
func (s *Service) savePlaced(ctx context.Context, l *locked, change Change) error {
	o, c, at := l.Order, &l.Checkout, l.Checkout.ReadAt
	p := db.PlaceOrderParams{
		ID: o.ID, Status: string(o.Status), Stage: string(o.Stage), PaymentStatus: string(o.PaymentStatus),
		PaymentID: o.Payment.ID, PaymentIDs: o.Payment.Attempts, PaymentToken: o.Payment.Token, ReturnURL: o.Payment.ReturnURL, At: at,
		CheckoutID: c.ID, FromStatus: string(l.was.Checkout.Status), FromVersion: int32(l.was.Checkout.Version),
		CheckoutStatus: string(c.Status), CheckoutVersion: int32(c.Version), DueAt: l.Due(), NudgeAt: s.nudgeAt(&l.Purchase, at),
	}
	p.Kinds, p.Titles, p.Details, p.Actors = columns(change.Entries)
	if err := l.writeOrder(ctx, p); err != nil {
		return fmt.Errorf("write order of %s: %w", c.ID, err)
	}
	return outbox.Write(ctx, l.tx, l.events(change.Tells, at)...)
}

// writeOrder draws numbers until one is free.
func (l *locked) writeOrder(ctx context.Context, p db.PlaceOrderParams) error {
	for range numberDraws {
		p.Number = newNumber()
		rows, err := l.q.PlaceOrder(ctx, p)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			continue
		}
		l.Order.Number, l.Order.LineCount = p.Number, len(rows)
		for _, row := range rows {
			l.lines = append(l.lines, lineOf(db.OrderLine(row), l.Order.Total.Currency))
		}
		return nil
	}
	return fmt.Errorf("no free order number in %d draws", numberDraws)
}

// placed is the caller's checkout and its order as they are now.
func (s *Service) placed(ctx context.Context, checkoutID string) (*Purchase, error) {
	c, err := s.own(ctx, checkoutID)
	if err != nil {
		return nil, err
	}
	o, err := first(s.OrdersOfCheckouts(ctx, []string{checkoutID}))
	return &Purchase{Checkout: *c, Order: o}, err
}

// trouble is what the buyer of an ordered purchase should know of it.
func (p *Purchase) trouble() error {
	o := p.Order
	switch {
	case o.PaymentStatus == PaymentFailed && o.Cancelled == nil, o.Cancelled != nil && o.Cancelled.Reason == NotPaid:
		return &DeclinedError{o}
	case o.Cancelled != nil && o.Cancelled.Reason == OutOfStock:
		return &ShortageError{p.Checkout.Hold.Shortages}
	default:
		return nil
	}
}

// refused adds what there is already to why an order was not placed.
func (s *Service) refused(ctx context.Context, in Placing, why error) (Answer, error) {
	_, reused := errors.AsType[*idempotency.KeyReusedError](why)
	if reused || fault.Of(why) == nil || fault.KindOf(why) == fault.NotFound {
		return Answer{}, why
	}
	p, err := s.placed(ctx, in.CheckoutID)
	if err != nil {
		return Answer{}, err
	}
	return Answer{Order: p.Order, Checkout: &p.Checkout}, why
}
