package notification

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/money"
	rpcv1 "cartograph/internal/rpc/v1"
)

// Carts is what the worker needs of the cart service.
type Carts interface {
	ReadReminder(ctx context.Context, req *rpcv1.ReadReminderRequest) (*rpcv1.ReadReminderResponse, error)
}

// Orders is what the worker needs of the order service.
type Orders interface {
	CartContact(ctx context.Context, req *rpcv1.CartContactRequest) (*rpcv1.CartContactResponse, error)
}

// cartAbandoned enqueues the reminder of a cart. There is one for each cart, however often
// it is left: the constraint of the mails holds that. What it shows and to whom it goes is
// read at the delivery, so that no event and no table has it, and that a cart which is in
// use again or bought is not reminded of.
func (w *Worker) cartAbandoned(ctx context.Context, tx pgx.Tx, p event.CartAbandoned, e event.Envelope) error {
	if time.Since(e.Time) > AboutCart.policy().useful {
		return nil
	}
	m := Mail{Kind: CartReminder, OrderFacts: event.OrderFacts{CartID: p.CartID, OwnerID: p.OwnerID}}
	return w.enqueue(ctx, tx, m, e.Time)
}

// addressedLater reports whether the address of a mail is determined at its delivery.
func (m Mail) addressedLater() bool { return m.toAccount() || m.Kind == CartReminder }

// readCart is a reminder with what its cart contains now, and with the address and the
// language that were given when it was checked out.
func (w *Worker) readCart(ctx context.Context, m Mail) (Mail, error) {
	cart, err := w.carts.ReadReminder(ctx, &rpcv1.ReadReminderRequest{CartId: m.CartID})
	if err != nil {
		return m, cartError(m, err)
	}
	m.OwnerID, m.Currency, m.SubtotalMinor, m.Lines = cart.GetOwnerId(), cart.GetCurrency(), 0, nil
	for _, l := range cart.GetLines() {
		line := event.OrderLine{
			VariantID: l.GetVariantId(), Title: l.GetTitle(), Subtitle: l.GetSubtitle(), Quantity: int(l.GetQuantity()),
			UnitMinor: l.GetUnitMinor(), TotalMinor: l.GetUnitMinor() * int64(l.GetQuantity()),
		}
		m.SubtotalMinor += line.TotalMinor
		m.Lines = append(m.Lines, line)
	}
	// The order service knows of a purchase before the cart does.
	contact, err := w.orders.CartContact(ctx, &rpcv1.CartContactRequest{CartId: m.CartID, OwnerId: m.OwnerID})
	if err != nil {
		return m, cartError(m, err)
	}
	m.Email, m.Name, m.Locale = contact.GetEmail(), contact.GetName(), contact.GetLocale()
	return m, nil
}

func cartError(m Mail, err error) error {
	if fault.KindOf(err) == fault.NotFound {
		return errStale
	}
	return fmt.Errorf("%w: cart %s: %w", errCartsAway, m.CartID, err)
}

// setCart shows what is in the cart, at its last known prices.
func (p *page) setCart(ctx context.Context, m Mail) {
	format := func(minor int64) string {
		return money.Money{Minor: minor, Currency: m.Currency}.Formatted(ctx, &m.Locale)
	}
	for _, o := range m.Lines {
		p.Lines = append(p.Lines, lineOf(o, m.Locale, format))
	}
	p.Topic = message.In(m.Locale, "mail.cart")
	p.Total = &sum{message.In(m.Locale, "mail.subtotal"), format(m.SubtotalMinor)}
}
