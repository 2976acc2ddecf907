package payment

import (
	"cartograph/internal/fault"
	"cartograph/internal/money"
)

// Option is a payment method that a checkout offers.
type Option struct {
	Type    MethodType
	Label   string
	Gateway string // the provider whose tokens are accepted
}

// Options returns the payment methods for an amount; none if it is zero.
func Options(amount money.Money) []Option {
	if amount.Minor <= 0 {
		return nil
	}
	return []Option{{Type: Card, Label: "Card", Gateway: provider}}
}

// Refusal is the problem that is shown to the payer in addition to the payment; nil
// if there is none.
func (p Payment) Refusal() *fault.Error {
	switch {
	case p.Status == Declined || p.Status == Failed:
		return fault.New(fault.Conflict, "%s", p.Failure.Message).WithCode("PAYMENT_DECLINED")
	case p.Unreachable:
		return fault.New(fault.Unavailable, "The bank cannot be reached. Please try again.").WithCode("GATEWAY_UNAVAILABLE")
	}
	return nil
}
