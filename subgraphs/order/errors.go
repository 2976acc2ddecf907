package order

import (
	"context"
	"fmt"

	"cartograph/internal/decline"
	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/money"
)

// Message is the shortage for the reader of ctx.
func (s Shortage) Message(ctx context.Context) string {
	if s.Limit != "" {
		return s.limitFault().Text(ctx)
	}
	if s.Reserved > 0 {
		return message.Text(ctx, "order.sold_out_for_now", message.Args{"count": s.Reserved})
	}
	if s.Available <= 0 {
		return message.Text(ctx, "order.sold_out")
	}
	return message.Text(ctx, "order.few_left", message.Args{"available": s.Available})
}

// ShortageError means that inventory rejected the hold or lost it. Shortages
// may be empty.
type ShortageError struct{ Shortages []Shortage }

func (e *ShortageError) Error() string { return "the stock is short" }

// Unwrap makes it a fault.Error with code INSUFFICIENT_STOCK.
func (e *ShortageError) Unwrap() error {
	return fault.Localized(fault.Conflict, "order.out_of_stock").WithCode("INSUFFICIENT_STOCK")
}

// TotalChangedError means that the expected total is not the quote's.
type TotalChangedError struct {
	Expected, Actual money.Money
	Changes          []LineChange // as far as they are known
}

// LineChange is what a line cost and costs, after discounts.
type LineChange struct {
	VariantID string
	Snapshot  Snapshot
	Was, Now  money.Money
}

func (e *TotalChangedError) Error() string {
	return fmt.Sprintf("the total is %s, not %s", e.Actual, e.Expected)
}

// Unwrap makes it a fault.Error with code TOTAL_CHANGED.
func (e *TotalChangedError) Unwrap() error {
	return fault.Localized(fault.Conflict, "order.total_changed", message.Args{"actual": e.Actual, "expected": e.Expected}).
		WithCode("TOTAL_CHANGED").At("input", "expectedTotal")
}

// PriceRise is a variant that costs more than its buyer last agreed to.
type PriceRise struct {
	VariantID string
	Snapshot  Snapshot
	Was, Now  money.Money
}

// Message is the rise for the reader of ctx.
func (r PriceRise) Message(ctx context.Context) string {
	return message.Text(ctx, "cart.problem.price_changed", r.args())
}

func (r PriceRise) args() message.Args {
	return message.Args{"title": r.Snapshot.Title, "was": r.Was, "now": r.Now}
}

// PriceRiseError means that the buyer has not agreed to prices of the cart.
type PriceRiseError struct{ Rises []PriceRise }

func (e *PriceRiseError) Error() string { return fmt.Sprintf("%d prices have risen", len(e.Rises)) }

// Unwrap makes it a fault.Error with code CART_NOT_READY.
func (e *PriceRiseError) Unwrap() error {
	return fault.Localized(fault.Conflict, "cart.problem.price_changed", e.Rises[0].args()).
		WithCode("CART_NOT_READY").At("input", "cartId")
}

// DeclinedError means that the last payment attempt was declined.
type DeclinedError struct{ Order *Order }

func (e *DeclinedError) Error() string {
	return "the payment was declined: " + e.Order.Payment.Decline.Code
}

// Unwrap makes it a fault.Error with code PAYMENT_DECLINED.
func (e *DeclinedError) Unwrap() error {
	return fault.Localized(fault.Conflict, decline.Key(e.Order.Payment.Decline.Code)).WithCode("PAYMENT_DECLINED").At("input", "payment")
}

// Errors with texts for the customer. Each call returns a new one: At changes it.
func checkoutNotFound() error {
	return fault.Localized(fault.NotFound, "order.checkout_not_found").At("checkoutId")
}

func orderNotFound() error {
	return fault.Localized(fault.NotFound, "order.not_found").At("input", "orderId")
}

func signInRequired() error {
	return fault.Localized(fault.Unauthenticated, "order.sign_in")
}

func overloaded() error {
	return fault.Localized(fault.RateLimited, "order.busy")
}

func notReady(key message.Key, args ...message.Args) error {
	return fault.Localized(fault.Conflict, key, args...).WithCode("CART_NOT_READY").At("input", "cartId")
}

// checkOpen returns why the checkout can no longer be changed or ordered. The
// cases are in the sequence of what helps the customer most: a rejected hold
// also cancels the checkout, and the shortage has the reason.
func (c *Checkout) checkOpen() error {
	switch {
	case c.Status == CheckoutPlacing || c.Status == CheckoutCompleted:
		return fault.Localized(fault.Conflict, "order.already_ordered").WithCode("CHECKOUT_COMPLETED")
	case c.Hold.Status == HoldRejected:
		return &ShortageError{c.Hold.Shortages}
	case c.Status == CheckoutCancelled:
		return fault.Localized(fault.Conflict, "order.checkout_cancelled").WithCode("CHECKOUT_EXPIRED")
	case c.Status == CheckoutExpired || !c.live():
		return fault.Localized(fault.Conflict, "order.checkout_expired").WithCode("CHECKOUT_EXPIRED")
	case c.Hold.Status != Held && c.Hold.Status != HoldPending && c.Hold.Status != HoldAwaitsContact:
		return fault.Localized(fault.Conflict, "order.reservation_ended").WithCode("RESERVATION_EXPIRED")
	default:
		return nil
	}
}

// checkReady returns the first input that is missing for an order.
func (c *Checkout) checkReady() error {
	switch {
	case c.Email == nil:
		return fault.Localized(fault.Conflict, "order.email_required").WithCode("INVALID_INPUT").At("input", "checkoutId")
	case c.ShippingAddress == nil:
		return fault.Localized(fault.Conflict, "order.shipping_address_required").WithCode("SHIPPING_ADDRESS_REQUIRED").At("input", "checkoutId")
	case c.MethodID == "":
		return fault.Localized(fault.Conflict, "order.shipping_method_required").WithCode("SHIPPING_METHOD_REQUIRED").At("input", "checkoutId")
	default:
		return nil
	}
}
