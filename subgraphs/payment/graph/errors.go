package graph

import (
	"errors"

	"cartograph/internal/fault"
	"cartograph/internal/idempotency"
	"cartograph/subgraphs/payment"
	"cartograph/subgraphs/payment/graph/gen"
)

// paymentPayload converts the result of a command. Errors that the customer can
// correct, a decline among them, become user errors.
func paymentPayload(p payment.Payment, replayed bool, err error) (*gen.PaymentPayload, error) {
	userErrs, err := userErrors(err)
	if err != nil {
		return nil, err
	}
	payload := &gen.PaymentPayload{Replayed: replayed, UserErrors: userErrs}
	if p.ID == "" {
		return payload, nil
	}
	payload.Payment = &p
	if refusal := p.Refusal(); refusal != nil {
		payload.UserErrors = append(payload.UserErrors, userError(refusal, refusal))
	}
	return payload, nil
}

func refundPayload(refund *payment.Refund, replayed bool, err error) (*gen.RefundPayload, error) {
	userErrs, err := userErrors(err)
	if err != nil {
		return nil, err
	}
	payload := &gen.RefundPayload{Refund: refund, Replayed: replayed, UserErrors: userErrs}
	if refund != nil {
		payload.Order = &gen.Order{ID: refund.OrderID}
	}
	return payload, nil
}

// userErrors converts an error with a code of the schema to a user error. Any other
// error fails the field.
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
