package payment

import (
	"slices"

	"cartograph/internal/fault"
	"cartograph/internal/limits"
)

// Failure codes of this service, besides the gateway's.
const (
	codeVoided     = "authorization_voided"
	codeCardNumber = "card_number_refused"
	codeToken      = "token_invalid"
)

// messages are the texts for customers, by failure code. The gateway's texts are
// not shown: they may tell a thief why a stolen card was declined.
var messages = map[string]string{
	"card_declined":          "The bank declined the card.",
	"insufficient_funds":     "The card has insufficient funds.",
	"authentication_failed":  "The payment was not approved.",
	"authentication_expired": "The payment was not approved in time.",
	"expired_card":           "The card has expired.",
	"capture_declined":       "The bank refused to pay the authorised amount.",
	codeVoided:               "The authorisation was voided.",
	codeCardNumber:           "This looks like a card number. Send a token.",
	codeToken:                "Unknown payment method.",
	"ORDER_NOT_PAYABLE":      "This order can no longer be paid.",
	"ORDER_ALREADY_PAID":     "This order is already paid.",
	"OPERATION_IN_PROGRESS":  "Another payment of this order is in progress.",
}

// nonRetryable are the codes after which no other attempt can succeed, with this
// or another card.
var nonRetryable = []string{
	"fraudulent", "lost_card", "stolen_card", "pickup_card",
	"ORDER_NOT_PAYABLE", "ORDER_ALREADY_PAID", "OPERATION_IN_PROGRESS",
}

// Retryable reports whether another attempt may succeed after a decline with code.
func Retryable(code string) bool { return !slices.Contains(nonRetryable, code) }

func failureOf(code string) Failure {
	message, ok := messages[code]
	if !ok {
		message = "The payment was declined."
	}
	return Failure{Code: code, Message: message, Retryable: Retryable(code)}
}

// checkPayable returns the reason why an order does not accept another payment.
// The order is locked, so that earlier are all payments it has.
func checkPayable(orderStatus string, earlier []Payment) *fault.Error {
	refuse := func(code string) *fault.Error {
		return fault.New(fault.Conflict, "%s", messages[code]).WithCode(code).At("input", "orderId")
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
		return fault.New(fault.Conflict, "Maximum number of payment attempts reached.").
			WithCode("ORDER_NOT_PAYABLE").At("input", "orderId")
	}
	return nil
}
