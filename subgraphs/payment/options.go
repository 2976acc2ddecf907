package payment

import (
	"context"

	"cartograph/internal/decline"
	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/money"
)

// Option is a payment method that a checkout offers.
type Option struct {
	Type     MethodType
	LabelKey message.Key
	Gateway  string // the provider whose tokens are accepted
}

// Label is the method for the reader of ctx.
func (o Option) Label(ctx context.Context) string { return message.Text(ctx, o.LabelKey) }

// Options returns the payment methods for an amount; none if it is zero.
func (s *Service) Options(amount money.Money) []Option {
	if amount.Minor <= 0 {
		return nil
	}
	return []Option{{Type: Card, LabelKey: "payment.option.card", Gateway: string(s.cfg.Provider)}}
}

// Refusal is the problem that is shown to the payer in addition to the payment; nil
// if there is none.
func (p Payment) Refusal() *fault.Error {
	switch {
	case p.Status == Declined || p.Status == Failed:
		return fault.Localized(fault.Conflict, decline.Key(p.Failure.Code)).WithCode("PAYMENT_DECLINED")
	case p.Unreachable:
		return fault.Localized(fault.Unavailable, "payment.bank_unavailable").WithCode("GATEWAY_UNAVAILABLE")
	}
	return nil
}
