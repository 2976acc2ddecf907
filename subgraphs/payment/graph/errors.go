package graph

import (
	"context"
	"errors"

	"cartograph/internal/fault"
	"cartograph/internal/idempotency"
	"cartograph/internal/optional"
	"cartograph/subgraphs/payment"
	"cartograph/subgraphs/payment/graph/gen"
)

// paymentPayload returns the function that converts the result of a command for the
// reader of ctx. Errors that the customer can correct, a decline among them, become
// user errors.
func paymentPayload(ctx context.Context) func(payment.Payment, bool, error) (*gen.PaymentPayload, error) {
	return func(p payment.Payment, replayed bool, err error) (*gen.PaymentPayload, error) {
		userErrs, err := userErrors(ctx, err)
		if err != nil {
			return nil, err
		}
		payload := &gen.PaymentPayload{Replayed: replayed, UserErrors: userErrs}
		if p.ID == "" {
			return payload, nil
		}
		payload.Payment = &p
		if refusal := p.Refusal(); refusal != nil {
			payload.UserErrors = append(payload.UserErrors, userError(ctx, refusal, refusal))
		}
		return payload, nil
	}
}

// refundPayload is paymentPayload for refunds.
func refundPayload(ctx context.Context) func(*payment.Refund, bool, error) (*gen.RefundPayload, error) {
	return func(refund *payment.Refund, replayed bool, err error) (*gen.RefundPayload, error) {
		userErrs, err := userErrors(ctx, err)
		if err != nil {
			return nil, err
		}
		payload := &gen.RefundPayload{Refund: refund, Replayed: replayed, UserErrors: userErrs}
		if refund != nil {
			payload.Order = &gen.Order{ID: refund.OrderID}
		}
		return payload, nil
	}
}

// issuePayload is paymentPayload for new gift cards.
func issuePayload(ctx context.Context) func(*payment.GiftCard, string, bool, error) (*gen.GiftCardIssuePayload, error) {
	return func(card *payment.GiftCard, code string, replayed bool, err error) (*gen.GiftCardIssuePayload, error) {
		userErrs, err := userErrors(ctx, err)
		return &gen.GiftCardIssuePayload{GiftCard: card, Code: optional.Of(code), Replayed: replayed, UserErrors: userErrs}, err
	}
}

// disputePayload is paymentPayload for disputes.
func disputePayload(ctx context.Context) func(*payment.Dispute, bool, error) (*gen.DisputePayload, error) {
	return func(d *payment.Dispute, replayed bool, err error) (*gen.DisputePayload, error) {
		userErrs, err := userErrors(ctx, err)
		if err != nil {
			return nil, err
		}
		return &gen.DisputePayload{Dispute: d, Replayed: replayed, UserErrors: userErrs}, nil
	}
}

// userErrors converts an error with a code of the schema to a user error. Any other
// error fails the field.
func userErrors(ctx context.Context, err error) ([]gen.UserError, error) {
	if err == nil {
		return []gen.UserError{}, nil
	}
	f := fault.Of(err)
	if f == nil || !gen.ErrorCode(f.Code).IsValid() {
		return nil, err
	}
	return []gen.UserError{userError(ctx, err, f)}, nil
}

func userError(ctx context.Context, err error, f *fault.Error) gen.UserError {
	code := gen.ErrorCode(f.Code)
	if e, ok := errors.AsType[*idempotency.KeyReusedError](err); ok {
		return gen.IdempotencyConflictError{Code: code, Message: f.Text(ctx), Path: f.Path, FirstUsedAt: e.FirstUsedAt}
	}
	return gen.BasicUserError{Code: code, Message: f.Text(ctx), Path: f.Path}
}
