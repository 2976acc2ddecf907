package graph

import (
	"context"
	"errors"
	"time"

	"cartograph/internal/fault"
	"cartograph/internal/idempotency"
	"cartograph/internal/optional"
	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/graph/gen"
)

// userErrorsOf separates what the caller can correct from the rest: the first
// belongs in the payload, the second fails the field.
func userErrorsOf(ctx context.Context, err error) ([]gen.UserError, error) {
	f := fault.Of(err)
	if f == nil {
		return []gen.UserError{}, err
	}
	switch f.Kind {
	case fault.Invalid, fault.NotFound, fault.Conflict:
		return typed(ctx, err, f), nil
	default:
		return []gen.UserError{}, err
	}
}

func typed(ctx context.Context, err error, f *fault.Error) []gen.UserError {
	if e, ok := errors.AsType[*order.ShortageError](err); ok && len(e.Shortages) > 0 {
		return each(e.Shortages, func(s order.Shortage) gen.UserError {
			if s.Limit != "" {
				return gen.ReservationLimitError{
					Code: gen.ErrorCodeReservationLimit, Message: s.Message(ctx), Path: f.Path, Limit: gen.ReservationLimit(s.Limit),
					VariantID: s.VariantID, Requested: s.Requested, Available: s.Available, RetryAt: optional.Of(s.RetryAt),
				}
			}
			return gen.StockShortageError{
				Code: gen.ErrorCodeInsufficientStock, Message: s.Message(ctx), Path: f.Path,
				VariantID: s.VariantID, Requested: s.Requested, Available: s.Available,
				Reserved: s.Reserved, AvailableAt: optional.Of(s.AvailableAt), Position: optional.Of(s.Position), RetryAfterMs: retryAfterMs(s.RetryAt),
			}
		})
	}
	if e, ok := errors.AsType[*order.PriceRiseError](err); ok {
		return each(e.Rises, func(r order.PriceRise) gen.UserError {
			return gen.CartPriceChangedError{
				Code: gen.ErrorCodeCartNotReady, Message: r.Message(ctx), Path: f.Path, VariantID: r.VariantID, Snapshot: &r.Snapshot, Was: &r.Was, Now: &r.Now,
			}
		})
	}
	if e, ok := errors.AsType[*order.TotalChangedError](err); ok {
		return []gen.UserError{gen.TotalChangedError{
			Code: gen.ErrorCodeTotalChanged, Message: f.Text(ctx), Path: f.Path, Expected: &e.Expected, Actual: &e.Actual, Changes: optional.Pointers(e.Changes),
		}}
	}
	if e, ok := errors.AsType[*order.DeclinedError](err); ok {
		d := e.Order.Payment.Decline
		return []gen.UserError{gen.PaymentDeclinedError{
			Code: gen.ErrorCodePaymentDeclined, Message: f.Text(ctx), Path: f.Path, DeclineCode: d.Code, Retryable: d.Retryable, Order: e.Order,
		}}
	}
	if e, ok := errors.AsType[*idempotency.KeyReusedError](err); ok {
		return []gen.UserError{gen.IdempotencyConflictError{
			Code: gen.ErrorCodeIdempotencyKeyReused, Message: f.Text(ctx), Path: f.Path, FirstUsedAt: e.FirstUsedAt,
		}}
	}
	return []gen.UserError{gen.BasicUserError{Code: codeOf(f), Message: f.Text(ctx), Path: f.Path}}
}

// retryAfterMs is the time until t, at least one millisecond; nil if t is zero.
func retryAfterMs(t time.Time) *int {
	if t.IsZero() {
		return nil
	}
	return new(max(1, int(time.Until(t).Milliseconds())))
}

// codeOf is the fault's code if the schema has it. A code of another service
// becomes its kind.
func codeOf(f *fault.Error) gen.ErrorCode {
	if code := gen.ErrorCode(f.Code); code.IsValid() {
		return code
	}
	return gen.ErrorCode(f.Kind)
}

// checkoutPayload returns the function that answers for the reader of ctx.
func checkoutPayload(ctx context.Context) func(*order.Checkout, error) (*gen.CheckoutPayload, error) {
	return func(c *order.Checkout, err error) (*gen.CheckoutPayload, error) {
		userErrors, err := userErrorsOf(ctx, err)
		return &gen.CheckoutPayload{Checkout: c, UserErrors: userErrors}, err
	}
}

// openedPayload also has what became of an earlier order of the cart.
func (r *Resolver) openedPayload(ctx context.Context, c *order.Checkout, err error) (*gen.CheckoutPayload, error) {
	payload, err := checkoutPayload(ctx)(c, err)
	switch {
	case err != nil || c == nil:
	case c.Continued:
		var orders []*order.Order
		if orders, err = r.Orders.OrdersOfCheckouts(ctx, []string{c.ID}); err == nil {
			payload.ContinuedOrder = orders[0]
		}
	case c.ReplacedOrderID != "":
		payload.CancelledOrder, err = r.Orders.Order(ctx, c.ReplacedOrderID)
	}
	return payload, err
}

// shipmentPayload returns the function that answers for the reader of ctx.
func shipmentPayload(ctx context.Context) func(*order.Shipment, bool, error) (*gen.ShipmentPayload, error) {
	return func(s *order.Shipment, replayed bool, err error) (*gen.ShipmentPayload, error) {
		userErrors, err := userErrorsOf(ctx, err)
		return &gen.ShipmentPayload{Shipment: s, Replayed: replayed, UserErrors: userErrors}, err
	}
}

func orderPayload(ctx context.Context) func(order.Result, error) (*gen.OrderPayload, error) {
	return func(r order.Result, err error) (*gen.OrderPayload, error) {
		userErrors, err := userErrorsOf(ctx, err)
		return &gen.OrderPayload{Order: r.Order, Replayed: r.Replayed, UserErrors: userErrors}, err
	}
}

// returnPayload returns the function that answers for the reader of ctx.
func returnPayload(ctx context.Context) func(*order.Return, bool, error) (*gen.ReturnPayload, error) {
	return func(r *order.Return, replayed bool, err error) (*gen.ReturnPayload, error) {
		userErrors, err := userErrorsOf(ctx, err)
		return &gen.ReturnPayload{Return: r, Replayed: replayed, UserErrors: userErrors}, err
	}
}
