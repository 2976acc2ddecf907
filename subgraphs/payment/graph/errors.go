package graph

import (
	"errors"

	"cartograph/internal/fault"
	"cartograph/internal/idempotency"
	"cartograph/subgraphs/payment"
	"cartograph/subgraphs/payment/graph/gen"
)

// paymentPayload answers a command: with the payment, and with what the
// customer can do something about, a decline among it.
func paymentPayload(p payment.Payment, replayed bool, err error) (*gen.PaymentPayload, error) {
	problems, err := userErrors(err)
	if err != nil {
		return nil, err
	}
	answer := &gen.PaymentPayload{Replayed: replayed, UserErrors: problems}
	if p.ID == "" {
		return answer, nil
	}
	answer.Payment = &p
	if refusal := p.Refusal(); refusal != nil {
		answer.UserErrors = append(answer.UserErrors, userError(refusal, refusal))
	}
	return answer, nil
}

func refundPayload(refund *payment.Refund, replayed bool, err error) (*gen.RefundPayload, error) {
	problems, err := userErrors(err)
	if err != nil {
		return nil, err
	}
	answer := &gen.RefundPayload{Refund: refund, Replayed: replayed, UserErrors: problems}
	if refund != nil {
		answer.Order = &gen.Order{ID: refund.OrderID}
	}
	return answer, nil
}

// userErrors separates what a customer can mend from what fails the field.
func userErrors(err error) ([]gen.UserError, error) {
	if err == nil {
		return []gen.UserError{}, nil
	}
	f := fault.Of(err)
	if f == nil || !gen.ErrorCode(f.Code).IsValid() {
		return nil, err
	}
	return []gen.UserError{userError(err, f)}, nil
}

func userError(err error, f *fault.Error) gen.UserError {
	code := gen.ErrorCode(f.Code)
	if e, ok := errors.AsType[*idempotency.KeyReusedError](err); ok {
		return gen.IdempotencyConflictError{Code: code, Message: f.Message, Path: f.Path, FirstUsedAt: e.FirstUsedAt}
	}
	return gen.BasicUserError{Code: code, Message: f.Message, Path: f.Path}
}
