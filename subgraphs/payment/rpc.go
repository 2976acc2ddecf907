package payment

import (
	"context"
	"time"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/money"
	"cartograph/internal/optional"
	rpcv1 "cartograph/internal/rpc/v1"
)

// Server implements the RPC service that the order subgraph calls while a customer
// waits. Each call does what the event of the same request does later, and is
// idempotent together with it.
type Server struct {
	payments *Service
}

// NewServer returns the RPC service.
func NewServer(payments *Service) Server { return Server{payments} }

// Authorize requests an authorisation and waits for the gateway.
func (r Server) Authorize(ctx context.Context, q *rpcv1.AuthorizeRequest) (*rpcv1.PaymentState, error) {
	p, err := r.payments.Authorize(ctx, AuthorizeRequest{
		PaymentID: q.GetPaymentId(),
		Token:     q.GetToken(),
		ReturnURL: q.GetReturnUrl(),
		Order: Order{
			ID: q.GetOrderId(), CheckoutID: q.GetCheckoutId(), OwnerID: q.GetOwnerId(), Number: q.GetOrderNumber(),
			Amount: money.Money{Minor: q.GetAmountMinor(), Currency: q.GetCurrency()}, GiftCards: giftCardParts(q.GetGiftCards()),
		},
	}, r.wait(q.GetWaitMs()))
	if err != nil {
		return nil, err
	}
	return stateOf(p), nil
}

// Capture requests a capture and waits for the gateway.
func (r Server) Capture(ctx context.Context, q *rpcv1.CaptureRequest) (*rpcv1.PaymentState, error) {
	p, err := r.payments.Capture(ctx, q.GetPaymentId(), r.wait(q.GetWaitMs()))
	if err != nil {
		return nil, err
	}
	return stateOf(p), nil
}

// Cancel voids or refunds the order's payments.
func (r Server) Cancel(ctx context.Context, q *rpcv1.CancelRequest) (*rpcv1.CancelResponse, error) {
	if err := r.payments.Cancel(ctx, q.GetOrderId()); err != nil {
		return nil, err
	}
	return &rpcv1.CancelResponse{}, nil
}

// ReadMethod is the part of a payment's method that may be shown.
func (r Server) ReadMethod(ctx context.Context, q *rpcv1.ReadMethodRequest) (*rpcv1.ReadMethodResponse, error) {
	found, err := r.payments.PaymentsByID(ctx, Everyone, []string{q.GetPaymentId()})
	if err != nil {
		return nil, err
	}
	if found[0] == nil {
		return nil, fault.New(fault.NotFound, "Payment not found.")
	}
	return &rpcv1.ReadMethodResponse{Brand: optional.Value(found[0].Method.Brand), Last4: optional.Value(found[0].Method.Last4)}, nil
}

// FindGiftCard returns the gift card of a code.
func (r Server) FindGiftCard(ctx context.Context, q *rpcv1.FindGiftCardRequest) (*rpcv1.FindGiftCardResponse, error) {
	card, err := r.payments.giftCardByHash(ctx, q.GetCodeHash())
	if err != nil {
		return nil, err
	}
	if card == nil {
		return nil, giftCardNotFound()
	}
	return &rpcv1.FindGiftCardResponse{
		CardId: card.ID, LastCharacters: card.LastCharacters, Status: string(card.Status()),
		BalanceMinor: card.Balance.Minor, Currency: card.Balance.Currency,
	}, nil
}

func giftCardParts(sent []*rpcv1.GiftCardPart) []event.GiftCardPart {
	parts := make([]event.GiftCardPart, len(sent))
	for i, p := range sent {
		parts[i] = event.GiftCardPart{CardID: p.GetCardId(), LastCharacters: p.GetLastCharacters(), AmountMinor: p.GetAmountMinor()}
	}
	return parts
}

// wait is the time that the caller allows, Config.Wait at most.
func (r Server) wait(ms int32) time.Duration {
	return min(r.payments.cfg.Wait, time.Duration(max(ms, 0))*time.Millisecond)
}

// stateOf converts a payment to the states that the order subgraph distinguishes. A
// refused capture counts as failed although its void is still pending, and an
// authorisation with a pending operation as processing: the order must not act on a
// state that is about to change.
func stateOf(p Payment) *rpcv1.PaymentState {
	state := &rpcv1.PaymentState{
		PaymentId: p.ID, OrderId: p.OrderID, CheckoutId: p.CheckoutID, Status: string(p.Status),
		AmountMinor: p.Amount.Minor, Currency: p.Amount.Currency,
	}
	switch {
	case p.Status == Authorized && p.Failure != nil:
		state.Status = string(Failed)
	case p.Status == Created, p.Status == Authorized && p.PendingOperation != OpNone:
		state.Status = string(Processing)
	case p.Status == PartiallyRefunded, p.Status == Disputed, p.Status == ChargedBack:
		state.Status = string(Captured)
	}
	if p.Failure != nil {
		state.DeclineCode, state.Retryable = p.Failure.Code, p.Failure.Retryable
	}
	if p.NextAction != nil {
		state.NextActionUrl = p.NextAction.RedirectURL
	}
	return state
}
