package graph

import (
	"context"
	"errors"

	"cartograph/internal/fault"
	"cartograph/internal/idempotency"
	"cartograph/subgraphs/cart"
	"cartograph/subgraphs/cart/graph/gen"
)

// payload returns the function that answers with the cart, or with the errors that
// the customer can fix. Any other error fails the field.
func payload(ctx context.Context) func(*cart.Cart, error) (*gen.CartPayload, error) {
	return func(c *cart.Cart, err error) (*gen.CartPayload, error) {
		userErrors, err := userErrorsOf(ctx, err)
		if err != nil {
			return nil, err
		}
		return &gen.CartPayload{Cart: c, UserErrors: userErrors}, nil
	}
}

// userErrorsOf separates what the caller can fix from the rest: the first belongs in the
// payload, the second fails the field.
func userErrorsOf(ctx context.Context, err error) ([]gen.UserError, error) {
	if err == nil {
		return []gen.UserError{}, nil
	}
	f := fault.Of(err)
	if f == nil || f.Kind == fault.Unavailable {
		return nil, err
	}
	return []gen.UserError{userError(ctx, err, f)}, nil
}

func userError(ctx context.Context, err error, f *fault.Error) gen.UserError {
	code, path, text := gen.ErrorCode(f.Code), cart.PathOf(err), f.Text(ctx)
	if e, ok := errors.AsType[*cart.StockError](err); ok {
		return gen.InsufficientStockError{
			Code: code, Message: text, Path: path,
			VariantID: e.VariantID, Requested: e.Requested, Available: max(e.Available, 0),
		}
	}
	if e, ok := errors.AsType[*cart.VersionError](err); ok {
		return gen.CartVersionError{Code: code, Message: text, Path: path, CurrentVersion: e.Current}
	}
	if e, ok := errors.AsType[*idempotency.KeyReusedError](err); ok {
		return gen.IdempotencyConflictError{Code: code, Message: text, Path: path, FirstUsedAt: e.FirstUsedAt}
	}
	return gen.BasicUserError{Code: code, Message: text, Path: path}
}
