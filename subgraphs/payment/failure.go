package payment

import (
	"slices"

	"cartograph/internal/decline"
	"cartograph/internal/fault"
	"cartograph/internal/limits"
)

// nonRetryable are the codes after which no other attempt can succeed, with this
// or another card.
var nonRetryable = []string{
	"fraudulent", "lost_card", "stolen_card", "pickup_card",
	"ORDER_NOT_PAYABLE", "ORDER_ALREADY_PAID", "OPERATION_IN_PROGRESS",
}

// Retryable reports whether another attempt may succeed after a decline with code.
func Retryable(code string) bool { return !slices.Contains(nonRetryable, code) }

func failureOf(code string) Failure { return Failure{Code: code, Retryable: Retryable(code)} }

// checkPayable returns the reason why an order does not accept another payment.
// The order is locked, so that earlier are all payments it has.
func checkPayable(orderStatus string, earlier []Payment) *fault.Error {
	refuse := func(code string) *fault.Error {
		return fault.Localized(fault.Conflict, decline.Key(code)).WithCode(code).At("input", "orderId")
	}
	for _, p := range earlier {
		switch {
		case p.Status.HoldsCapture():
			return refuse("ORDER_ALREADY_PAID")
		case p.Status.Live() && orderStatus == orderOpen:
			return refuse("OPERATION_IN_PROGRESS")
		}
	}
	switch {
	case orderStatus == orderPaid:
		return refuse("ORDER_ALREADY_PAID")
	case orderStatus != orderOpen:
		return refuse("ORDER_NOT_PAYABLE")
	case len(earlier) >= limits.MaxPaymentAttempts:
		return fault.Localized(fault.Conflict, "payment.too_many_attempts").
			WithCode("ORDER_NOT_PAYABLE").At("input", "orderId")
	}
	return nil
}
