package order

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/cardnumber"
	"cartograph/internal/fault"
	"cartograph/internal/giftcard"
	"cartograph/internal/id"
	"cartograph/internal/idempotency"
	"cartograph/internal/limits"
	"cartograph/internal/message"
	"cartograph/internal/money"
	"cartograph/internal/outbox"
	"cartograph/subgraphs/order/db"
)

// PlaceInput is the input of Place.
type PlaceInput struct {
	CheckoutID    string
	ExpectedTotal money.Money // what the buyer agreed to pay
	PayNow        bool        // with Token; otherwise a payment follows in a second step
	Token         string      // of the payment gateway
	ReturnURL     string
	Key           string // idempotency key
}

// Result is the result of a command with an idempotency key.
type Result struct {
	Order    *Order
	Checkout *Checkout
	Replayed bool // an earlier request used the key; the states are current
}

// fingerprint is what must be equal for a key to be used again: everything that
// the client requested. The key itself is compared before.
func (in PlaceInput) fingerprint() PlaceInput {
	in.Key = ""
	return in
}

const (
	opPlace        = "orderPlace"
	numberAttempts = 8 // of random order numbers
)

func (in PlaceInput) check() error {
	if err := cardnumber.Refuse(in.Token, in.ReturnURL); err != nil {
		return fault.Of(err).At("input", "payment")
	}
	switch {
	case in.PayNow && in.Token == "":
		return fault.Localized(fault.Invalid, "order.token_required").At("input", "payment", "token")
	case !printable(in.Token, limits.PaymentTokenLength):
		return fault.Localized(fault.Invalid, "order.malformed_token").At("input", "payment", "token")
	case in.ExpectedTotal.Minor < 0:
		return fault.Localized(fault.Invalid, "order.negative_total").At("input", "expectedTotal")
	default:
		return nil
	}
}

// Place makes an order of a checkout, at most one, and advances its payment
// while the buyer waits. A declined payment returns the order with a
// DeclinedError: it waits for another attempt. A checkout that is already
// ordered returns its order with an error.
func (s *Service) Place(ctx context.Context, in PlaceInput) (Result, error) {
	if auth.From(ctx).ID == "" {
		return Result{}, signInRequired()
	}
	if err := in.check(); err != nil {
		return Result{}, err
	}
	if err := acquire(ctx, s.placing, placeBudget); err != nil {
		return Result{}, err
	}
	defer s.placing.Release()
	p, replayed, err := s.createOrder(ctx, in, false)
	if errors.Is(err, errHoldPending) {
		if err := s.retryHold(ctx, in.CheckoutID); err != nil {
			return Result{}, err
		}
		p, replayed, err = s.createOrder(ctx, in, true)
	}
	if err != nil {
		return s.withPurchase(ctx, in, err)
	}
	if !replayed {
		s.changed.Notify(in.CheckoutID)
		if p.Order.Payment.ID != "" { // its PaymentCreated changes nothing: the order has the attempt
			s.expected.Expect(Fact{Kind: FactPaymentCreated, PaymentID: p.Order.Payment.ID}.key(in.CheckoutID))
		}
		p = s.advance(ctx, p)
	}
	if p == nil {
		p, err = s.readPurchase(ctx, in.CheckoutID)
	}
	if err != nil {
		return Result{Replayed: replayed}, err
	}
	return Result{Order: p.Order, Checkout: &p.Checkout, Replayed: replayed}, p.buyerError()
}

// errHoldPending means that inventory has not responded for the checkout yet.
var errHoldPending = errors.New("the hold is pending")

// retryHold requests a hold again that had no response when the checkout was
// opened, so that no customer pays for what is sold out. Without a
// response now the order is placed all the same: the hold is confirmed by
// event, and the money is captured after that.
func (s *Service) retryHold(ctx context.Context, checkoutID string) error {
	c, err := s.Checkout(ctx, checkoutID)
	if err != nil || c == nil {
		return err
	}
	lines, err := s.CheckoutLines(ctx, []string{checkoutID})
	if err != nil {
		return err
	}
	s.requestHold(ctx, c, lines[0], placeBudget)
	return nil
}

// createOrder stores the order with its events. Only then is money touched: a
// crash before the commit leaves nothing to undo, a crash after it leaves an
// order that RunRescue completes. A replay changes nothing and returns no
// purchase.
//
// Three guards make it one order: the checkout's row is locked, the key is
// claimed under that lock, and orders_one_per_checkout.
func (s *Service) createOrder(ctx context.Context, in PlaceInput, allowPendingHold bool) (p *Purchase, replayed bool, err error) {
	caller := auth.From(ctx)
	err = s.out.InTx(ctx, func(tx pgx.Tx) error {
		l, err := s.lock(ctx, tx, db.LockCheckoutParams{ID: in.CheckoutID, Owners: caller.Owners()}, false)
		if err != nil {
			return err
		}
		orderID := id.New(id.Order)
		// Before the checks: a replay must succeed although the checkout is ordered,
		// and a used key is refused although the checkout does not exist. If a check
		// fails, the transaction takes the claim back.
		earlier, err := idempotency.Claim(ctx, tx, caller.ID, opPlace, in.Key, in.fingerprint(), orderID)
		if err != nil || earlier != "" {
			replayed = earlier != ""
			return err
		}
		if l == nil {
			return fault.Localized(fault.NotFound, "order.checkout_not_found").At("input", "checkoutId")
		}
		if err := l.Checkout.checkPlace(in.ExpectedTotal); err != nil {
			return l.withChanges(ctx, err)
		}
		if l.Checkout.Hold.Status == HoldPending && !allowPendingHold {
			return errHoldPending
		}
		if err := l.takeUses(ctx); err != nil {
			return err
		}
		change := l.AttachOrder(newOrder(orderID, &l.Checkout, in), l.Checkout.ReadAt)
		p = &l.Purchase
		return s.insertOrder(ctx, l, change)
	})
	return p, replayed, err
}

// checkPlace returns why the checkout cannot be ordered at a total. The total
// must be the quote's to the minor unit: the buyer pays what they saw.
func (c *Checkout) checkPlace(expected money.Money) error {
	if err := c.checkOpen(); err != nil {
		return err
	}
	if err := c.checkReady(); err != nil {
		return err
	}
	if expected.Currency != c.Total.Currency {
		return fault.Localized(fault.Invalid, "order.other_currency", message.Args{"currency": c.Total.Currency}).At("input", "expectedTotal", "currencyCode")
	}
	if expected != c.Total {
		return &TotalChangedError{Expected: expected, Actual: c.Total}
	}
	return nil
}

// newOrder is the checkout as an order that waits to be paid.
func newOrder(orderID string, c *Checkout, in PlaceInput) *Order {
	o := &Order{
		ID: orderID, CheckoutID: c.ID, CartID: c.CartID, CartVersion: c.CartVersion, OwnerID: c.OwnerID,
		Locale: c.Locale, Email: c.Email, Status: PendingPayment, Stage: Placed, PaymentStatus: Unpaid, Version: 1,
		Costs: c.Costs, ShippingAddress: *c.ShippingAddress, BillingAddress: c.BillingAddress, MethodID: c.MethodID,
		PlacedAt: c.ReadAt, UpdatedAt: c.ReadAt, PayBefore: c.Hold.ExpiresAt,
		Gifts: c.parts(), Payment: Payment{Attempts: []string{}},
	}
	token, returnURL := in.Token, in.ReturnURL
	if len(o.Gifts) > 0 && due(o.Total, o.Gifts).Minor == 0 {
		token, returnURL = giftcard.Placeholder, "" // whatever the client sent: nothing is left for it
	}
	if token != "" {
		o.PaymentStatus = PaymentPending
		paymentID := id.New(id.Payment)
		o.Payment = Payment{ID: paymentID, Attempts: []string{paymentID}, Token: token, ReturnURL: returnURL}
	}
	return o
}

// insertOrder stores the order with its lines, history and events, and moves
// the checkout.
func (s *Service) insertOrder(ctx context.Context, l *locked, change Change) error {
	o, c, at := l.Order, &l.Checkout, l.Checkout.ReadAt
	p := db.PlaceOrderParams{
		ID: o.ID, Status: string(o.Status), Stage: string(o.Stage), PaymentStatus: string(o.PaymentStatus),
		PaymentID: o.Payment.ID, PaymentIDs: o.Payment.Attempts, PaymentToken: o.Payment.Token, ReturnURL: o.Payment.ReturnURL, At: at,
		CheckoutID: c.ID, FromStatus: string(l.before.Checkout.Status), FromVersion: int32(l.before.Checkout.Version),
		CheckoutStatus: string(c.Status), CheckoutVersion: int32(c.Version), DueAt: l.Due(), RescueAt: s.rescueAt(&l.Purchase, at),
	}
	var err error
	if p.GiftCards, err = encodeGiftCards(o.Gifts); err != nil {
		return err
	}
	e := columnsOf(ctx, change.Entries)
	p.Kinds, p.Titles, p.Details, p.Amounts, p.Currencies = e.kinds, e.titles, e.details, e.amounts, e.currencies
	p.Actors, p.ActorIDs = e.actors, e.actorIDs
	if err := l.insertNumbered(ctx, p); err != nil {
		return fmt.Errorf("write order of %s: %w", c.ID, err)
	}
	return outbox.Write(ctx, l.tx, l.payloads(change.Events, at)...)
}

// insertNumbered draws order numbers until one is free: the constraint decides,
// and a conflict inserts nothing.
func (l *locked) insertNumbered(ctx context.Context, p db.PlaceOrderParams) error {
	for range numberAttempts {
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
			line, err := lineOf(db.OrderLine(row), l.Order.Total.Currency, l.Order.TaxIncluded)
			if err != nil {
				return err
			}
			l.lines = append(l.lines, line)
		}
		return nil
	}
	return fmt.Errorf("no free order number in %d attempts", numberAttempts)
}

// readPurchase is the caller's checkout and its order as they are now.
func (s *Service) readPurchase(ctx context.Context, checkoutID string) (*Purchase, error) {
	c, err := s.ownCheckout(ctx, checkoutID)
	if err != nil {
		return nil, err
	}
	o, err := first(s.OrdersOfCheckouts(ctx, []string{checkoutID}))
	return &Purchase{Checkout: *c, Order: o}, err
}

// buyerError is the error that the buyer of an ordered purchase gets with it.
func (p *Purchase) buyerError() error {
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

// withPurchase adds the current purchase to the error of a command. A reused
// key belongs to another command, whose purchase is not shown.
func (s *Service) withPurchase(ctx context.Context, in PlaceInput, commandErr error) (Result, error) {
	_, reused := errors.AsType[*idempotency.KeyReusedError](commandErr)
	if reused || fault.Of(commandErr) == nil || fault.KindOf(commandErr) == fault.NotFound {
		return Result{}, commandErr
	}
	p, err := s.readPurchase(ctx, in.CheckoutID)
	if err != nil {
		return Result{}, err
	}
	return Result{Order: p.Order, Checkout: &p.Checkout}, commandErr
}
