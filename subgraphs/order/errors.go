package order

import (
	"context"
	"fmt"

	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/money"
)

// Message is the text for the customer.
func (s Shortage) Message() string {
	if s.Limit != "" {
		return s.limitFault().Message
	}
	if s.Available <= 0 {
		return "This item is sold out."
	}
	return fmt.Sprintf("Only %d left.", s.Available)
}

// ShortageError means that inventory rejected the hold or lost it. Shortages
// may be empty.
type ShortageError struct{ Shortages []Shortage }

func (e *ShortageError) Error() string { return "There is not enough stock." }

// Unwrap makes it a fault.Error with code INSUFFICIENT_STOCK.
func (e *ShortageError) Unwrap() error {
	return fault.New(fault.Conflict, "%s", e.Error()).WithCode("INSUFFICIENT_STOCK")
}

// TotalChangedError means that the expected total is not the quote's.
type TotalChangedError struct{ Expected, Actual money.Money }

func (e *TotalChangedError) Error() string {
	return fmt.Sprintf("The total is %s, not %s.", e.Actual, e.Expected)
}

// Unwrap makes it a fault.Error with code TOTAL_CHANGED.
func (e *TotalChangedError) Unwrap() error {
	return fault.New(fault.Conflict, "%s", e.Error()).WithCode("TOTAL_CHANGED").At("input", "expectedTotal")
}

// PriceRise is a variant that costs more than its buyer last agreed to.
type PriceRise struct {
	VariantID string
	Title     string
	Was, Now  money.Money
}

// Message is the rise for the reader of ctx.
func (r PriceRise) Message(ctx context.Context) string {
	return message.Text(ctx, "cart.problem.price_changed", r.args())
}

func (r PriceRise) args() message.Args {
	return message.Args{"title": r.Title, "was": r.Was, "now": r.Now}
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
	if e.Order.Payment.Decline.Message != "" {
		return e.Order.Payment.Decline.Message
	}
	return "The payment was declined."
}

// Unwrap makes it a fault.Error with code PAYMENT_DECLINED.
func (e *DeclinedError) Unwrap() error {
	return fault.New(fault.Conflict, "%s", e.Error()).WithCode("PAYMENT_DECLINED").At("input", "payment")
}

// Errors with texts for the customer. Each call returns a new one: At changes it.
func checkoutNotFound() error {
	return fault.New(fault.NotFound, "There is no such checkout.").At("checkoutId")
}

func orderNotFound() error {
	return fault.New(fault.NotFound, "There is no such order.").At("input", "orderId")
}

func signInRequired() error {
	return fault.New(fault.Unauthenticated, "Sign in or start a guest session.")
}

func overloaded() error {
	return fault.New(fault.RateLimited, "The shop is busy. Nothing was changed; please try again in a few seconds.")
}

func notReady(format string, args ...any) error {
	return fault.New(fault.Conflict, format, args...).WithCode("CART_NOT_READY").At("input", "cartId")
}

// checkOpen returns why the checkout can no longer be changed or ordered. The
// cases are in the sequence of what helps the customer most: a rejected hold
// also cancels the checkout, and the shortage says why.
func (c *Checkout) checkOpen() error {
	switch {
	case c.Status == CheckoutPlacing || c.Status == CheckoutCompleted:
		return fault.New(fault.Conflict, "This checkout is already ordered.").WithCode("CHECKOUT_COMPLETED")
	case c.Hold.Status == HoldRejected:
		return &ShortageError{c.Hold.Shortages}
	case c.Status == CheckoutCancelled:
		return fault.New(fault.Conflict, "This checkout was cancelled. Please start a new one.").WithCode("CHECKOUT_EXPIRED")
	case c.Status == CheckoutExpired || !c.live():
		return fault.New(fault.Conflict, "This checkout has expired. Please start a new one.").WithCode("CHECKOUT_EXPIRED")
	case c.Hold.Status != Held && c.Hold.Status != HoldPending:
		return fault.New(fault.Conflict, "The reservation has ended. Please start a new checkout.").WithCode("RESERVATION_EXPIRED")
	default:
		return nil
	}
}

// checkReady returns the first input that is missing for an order.
func (c *Checkout) checkReady() error {
	switch {
	case c.Email == nil:
		return fault.New(fault.Conflict, "An e-mail address is required.").WithCode("INVALID_INPUT").At("input", "checkoutId")
	case c.ShippingAddress == nil:
		return fault.New(fault.Conflict, "A shipping address is required.").WithCode("SHIPPING_ADDRESS_REQUIRED").At("input", "checkoutId")
	case c.MethodID == "":
		return fault.New(fault.Conflict, "A shipping method is required.").WithCode("SHIPPING_METHOD_REQUIRED").At("input", "checkoutId")
	default:
		return nil
	}
}
