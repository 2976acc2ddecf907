package payment

import (
	"cartograph/internal/fault"
	"cartograph/internal/money"
)

// Option is a way to pay.
type Option struct {
	Type    MethodType
	Label   string
	Gateway string // whose tokens are taken
}

// Options are the ways to pay an amount; none where nothing is owed.
func Options(amount money.Money) []Option {
	if amount.Minor <= 0 {
		return nil
	}
	return []Option{{Type: Card, Label: "Card", Gateway: provider}}
}

// Refusal is what a payer has to hear besides the payment itself; nil where
// all goes well.
func (p Payment) Refusal() *fault.Error {
	switch {
	case p.Status == Declined || p.Status == Failed:
		return fault.New(fault.Conflict, "%s", p.Failure.Message).WithCode("PAYMENT_DECLINED")
	case p.Unreachable:
		return fault.New(fault.Unavailable, "The bank cannot be reached right now. Please try again.").WithCode("GATEWAY_UNAVAILABLE")
	}
	return nil
}
