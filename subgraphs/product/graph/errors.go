package graph

import (
	"context"
	"errors"

	"cartograph/internal/fault"
	"cartograph/internal/idempotency"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/graph/gen"
)

// userErrorsOf converts an error that the caller can correct to user errors of
// the payload. Others are returned and fail the field.
func userErrorsOf(ctx context.Context, err error) ([]gen.UserError, error) {
	if many, ok := errors.AsType[*fault.InputError](err); ok {
		userErrors := make([]gen.UserError, len(many.Faults))
		for i, f := range many.Faults {
			userErrors[i] = basicError(ctx, f)
		}
		return userErrors, nil
	}
	f := fault.Of(err)
	if f == nil || !gen.ErrorCode(f.Code).IsValid() {
		return []gen.UserError{}, err
	}
	if e, ok := errors.AsType[*product.StockVersionError](err); ok {
		return []gen.UserError{gen.StockVersionError{
			Code: gen.ErrorCode(f.Code), Message: f.Text(ctx), Path: f.Path, CurrentOnHand: e.CurrentOnHand,
		}}, nil
	}
	if e, ok := errors.AsType[*idempotency.KeyReusedError](err); ok {
		return []gen.UserError{gen.IdempotencyConflictError{
			Code: gen.ErrorCode(f.Code), Message: f.Text(ctx), Path: f.Path, FirstUsedAt: e.FirstUsedAt,
		}}, nil
	}
	return []gen.UserError{basicError(ctx, f)}, nil
}

func basicError(ctx context.Context, f *fault.Error) gen.UserError {
	return gen.BasicUserError{Code: gen.ErrorCode(f.Code), Message: f.Text(ctx), Path: f.Path}
}
