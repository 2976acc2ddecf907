package payment

import (
	"slices"

	"cartograph/internal/fault"
)

// MaxAttempts is how often an order may be tried to be paid.
const MaxAttempts = 3

// Codes of our own, beside the gateway's.
const (
	codeVoided     = "authorization_voided"
	codeCardNumber = "card_number_refused"
	codeToken      = "token_invalid"
)

// messages are what a customer reads, by code. The gateway's own words are
// kept out: they may say more than a customer, or a thief, should know.
var messages = map[string]string{
	"card_declined":          "The bank declined the card.",
	"insufficient_funds":     "The card has insufficient funds.",
	"authentication_failed":  "The payment was not approved.",
	"authentication_expired": "The payment was not approved in time.",
	"expired_card":           "The card has expired.",
	"capture_declined":       "The bank refused to pay what it had authorised.",
	codeVoided:               "The authorisation is no longer there.",
	codeCardNumber:           "This looks like a card number. Send a token.",
	codeToken:                "This payment method is not known.",
	"ORDER_NOT_PAYABLE":      "This order can no longer be paid.",
	"ORDER_ALREADY_PAID":     "This order is already paid.",
	"OPERATION_IN_PROGRESS":  "Another payment of this order is under way.",
}

// hopeless are the codes after which no further try is sensible, with this or
// another card.
var hopeless = []string{
	"fraudulent", "lost_card", "stolen_card", "pickup_card",
	"ORDER_NOT_PAYABLE", "ORDER_ALREADY_PAID", "OPERATION_IN_PROGRESS",
}

// Retryable reports whether another try may work after a decline with code.
func Retryable(code string) bool { return !slices.Contains(hopeless, code) }

func failureOf(code string) Failure {
	message, known := messages[code]
	if !known {
		message = "The payment was declined."
	}
	return Failure{Code: code, Message: message, Retryable: Retryable(code)}
}

// checkPayable returns why an order may not be paid by another payment.
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
	case len(earlier) >= MaxAttempts:
		return fault.New(fault.Conflict, "This order was tried to be paid %d times and cannot be tried again.", MaxAttempts).
			WithCode("ORDER_NOT_PAYABLE").At("input", "orderId")
	}
	return nil
}
