package order

import (
	"fmt"

	"cartograph/internal/fault"
	"cartograph/internal/money"
)

// Message is what the customer is told.
func (s Shortage) Message() string {
	if s.Available <= 0 {
		return "This is sold out."
	}
	return fmt.Sprintf("Only %d are left.", s.Available)
}

// ShortageError tells that some lines cannot be had.
type ShortageError struct{ Shortages []Shortage }

func (e *ShortageError) Error() string { return "There is not enough stock." }

// Unwrap makes it a fault.Error with code INSUFFICIENT_STOCK.
func (e *ShortageError) Unwrap() error {
	return fault.New(fault.Conflict, "%s", e.Error()).WithCode("INSUFFICIENT_STOCK")
}

// TotalChangedError tells that the total is not what the customer saw.
type TotalChangedError struct{ Expected, Actual money.Money }

func (e *TotalChangedError) Error() string {
	return fmt.Sprintf("The total is %s, not %s.", e.Actual, e.Expected)
}

// Unwrap makes it a fault.Error with code TOTAL_CHANGED.
func (e *TotalChangedError) Unwrap() error {
	return fault.New(fault.Conflict, "%s", e.Error()).WithCode("TOTAL_CHANGED").At("input", "expectedTotal")
}

// DeclinedError tells that the attempt to pay was refused. The order waits.
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

// What the customer is told, in one place. Each call makes a fresh error.
func noCheckout() error {
	return fault.New(fault.NotFound, "There is no such checkout.").At("checkoutId")
}

func noOrder() error {
	return fault.New(fault.NotFound, "There is no such order.").At("input", "orderId")
}

func signIn() error {
	return fault.New(fault.Unauthenticated, "Please sign in, or begin a guest session.")
}

func notReady(format string, args ...any) error {
	return fault.New(fault.Conflict, format, args...).WithCode("CART_NOT_READY").At("input", "cartId")
}

// checkOpen returns why the checkout can no longer be changed or ordered.
func (c *Checkout) checkOpen() error {
	switch {
	case c.Status == CheckoutPlacing || c.Status == CheckoutCompleted:
		return fault.New(fault.Conflict, "This checkout has become an order.").WithCode("CHECKOUT_COMPLETED")
	case c.Hold.Status == HoldRejected:
		return &ShortageError{c.Hold.Shortages}
	case c.Status == CheckoutCancelled:
		return fault.New(fault.Conflict, "This checkout was cancelled. Please open another.").WithCode("CHECKOUT_EXPIRED")
	case c.Status == CheckoutExpired || !c.live():
		return fault.New(fault.Conflict, "The time of this checkout is over. Please open another.").WithCode("CHECKOUT_EXPIRED")
	case c.Hold.Status != Held && c.Hold.Status != HoldPending:
		return fault.New(fault.Conflict, "The stock is no longer held. Please open another checkout.").WithCode("RESERVATION_EXPIRED")
	default:
		return nil
	}
}

// checkReady returns what is still to be said before it can be ordered.
func (c *Checkout) checkReady() error {
	switch {
	case c.Email == nil:
		return fault.New(fault.Conflict, "Where should the confirmation go?").WithCode("INVALID_INPUT").At("input", "checkoutId")
	case c.ShippingAddress == nil:
		return fault.New(fault.Conflict, "Where should we deliver?").WithCode("SHIPPING_ADDRESS_REQUIRED").At("input", "checkoutId")
	case c.MethodID == "":
		return fault.New(fault.Conflict, "How should we deliver?").WithCode("SHIPPING_METHOD_REQUIRED").At("input", "checkoutId")
	default:
		return nil
	}
}
