package payment

import (
	"context"
	"time"

	"cartograph/internal/money"
	rpcv1 "cartograph/internal/rpc/v1"
)

// Server is what the order subgraph asks for while a buyer waits. Each call
// does what the event of the same request would do anyway.
type Server struct {
	payments *Service
}

// NewServer serves payments to our other services.
func NewServer(payments *Service) Server { return Server{payments} }

// Authorize stores the wish to authorise and waits for the gateway.
func (r Server) Authorize(ctx context.Context, q *rpcv1.AuthorizeRequest) (*rpcv1.PaymentState, error) {
	p, err := r.payments.Authorize(ctx, Wish{
		PaymentID: q.GetPaymentId(),
		Token:     q.GetToken(),
		ReturnURL: q.GetReturnUrl(),
		Order: Order{
			ID: q.GetOrderId(), CheckoutID: q.GetCheckoutId(), OwnerID: q.GetOwnerId(), Number: q.GetOrderNumber(),
			Amount: money.Money{Minor: q.GetAmountMinor(), Currency: q.GetCurrency()},
		},
	}, r.wait(q.GetWaitMs()))
	if err != nil {
		return nil, err
	}
	return stateOf(p), nil
}

// Capture stores the wish to capture and waits for the gateway.
func (r Server) Capture(ctx context.Context, q *rpcv1.CaptureRequest) (*rpcv1.PaymentState, error) {
	p, err := r.payments.Capture(ctx, q.GetPaymentId(), r.wait(q.GetWaitMs()))
	if err != nil {
		return nil, err
	}
	return stateOf(p), nil
}

// Cancel voids or refunds what the order's payments hold.
func (r Server) Cancel(ctx context.Context, q *rpcv1.CancelRequest) (*rpcv1.CancelResponse, error) {
	if err := r.payments.Cancel(ctx, q.GetOrderId()); err != nil {
		return nil, err
	}
	return &rpcv1.CancelResponse{}, nil
}

// wait is as long as the caller waits, within reason.
func (r Server) wait(ms int32) time.Duration {
	return min(r.payments.cfg.Wait, time.Duration(max(ms, 0))*time.Millisecond)
}

// stateOf is a payment as its caller sees it: what is still being undone
// counts as undone, what is still being asked as being processed.
func stateOf(p Payment) *rpcv1.PaymentState {
	state := &rpcv1.PaymentState{
		PaymentId: p.ID, OrderId: p.OrderID, Status: string(p.Status),
		AmountMinor: p.Amount.Minor, Currency: p.Amount.Currency,
	}
	switch {
	case p.Status == Authorized && p.Failure != nil:
		state.Status = string(Failed)
	case p.Status == Created, p.Status == Authorized && p.Want != WantNothing:
		state.Status = string(Processing)
	case p.Status == PartiallyRefunded, p.Status == Disputed:
		state.Status = string(Captured)
	}
	if p.Failure != nil {
		state.DeclineCode, state.DeclineMessage, state.Retryable = p.Failure.Code, p.Failure.Message, p.Failure.Retryable
	}
	if p.NextAction != nil {
		state.NextActionUrl = p.NextAction.RedirectURL
	}
	return state
}
