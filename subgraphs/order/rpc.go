package order

import (
	"context"
	"fmt"
	"slices"

	"cartograph/internal/fault"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/order/db"
)

// Server implements the RPC service that the payment subgraph calls while a buyer
// waits: with it, a payment decides its order also while no event arrives.
type Server struct{ orders *Service }

// NewServer returns the RPC service.
func NewServer(orders *Service) Server { return Server{orders} }

// Payable returns what is to be paid for an order. Payment requests it for an order
// whose OrderPlaced has not arrived.
func (r Server) Payable(ctx context.Context, q *rpcv1.PayableRequest) (*rpcv1.PayableResponse, error) {
	o, err := r.orders.Order(ctx, q.GetOrderId())
	if err != nil {
		return nil, err
	}
	if o == nil || !slices.Contains(q.GetOwnerIds(), o.OwnerID) {
		return nil, orderNotFound()
	}
	return &rpcv1.PayableResponse{
		OrderId: o.ID, CheckoutId: o.CheckoutID, OwnerId: o.OwnerID, OrderNumber: o.Number,
		AmountMinor: o.Total.Minor, Currency: o.Total.Currency, Open: o.Status == PendingPayment,
		GiftCards: sentParts(o.Gifts),
	}, nil
}

// ApplyPayment applies the state of a payment and requests the next steps. The
// event of the same state changes nothing then. A step without a response is left
// to its event, and is no error; a state that could not be applied is one.
func (r Server) ApplyPayment(ctx context.Context, state *rpcv1.PaymentState) (*rpcv1.ApplyPaymentResponse, error) {
	f := stateFact(state)
	if f.Kind == "" {
		return &rpcv1.ApplyPaymentResponse{}, nil
	}
	p := r.orders.applyResponse(ctx, state.GetCheckoutId(), nil, f)
	if p == nil {
		return nil, fault.Localized(fault.Unavailable, "common.unavailable")
	}
	r.orders.requestOutstanding(ctx, p)
	return &rpcv1.ApplyPaymentResponse{}, nil
}

// CartContact returns how to reach whoever left a cart. An order that was placed a moment
// ago is known here before the cart is converted by its event.
func (r Server) CartContact(ctx context.Context, q *rpcv1.CartContactRequest) (*rpcv1.CartContactResponse, error) {
	c, err := db.New(r.orders.pool).CartContact(ctx, db.CartContactParams{CartID: q.GetCartId(), OwnerID: q.GetOwnerId()})
	if err != nil {
		return nil, fmt.Errorf("contact of cart %s: %w", q.GetCartId(), err)
	}
	if c.Occupied {
		return nil, fault.Localized(fault.NotFound, "order.cart_not_found")
	}
	return &rpcv1.CartContactResponse{Email: c.Email, Name: c.Name, Locale: c.Locale}, nil
}

// PaidLines returns what was paid for the lines of a sold order.
func (r Server) PaidLines(ctx context.Context, q *rpcv1.PaidLinesRequest) (*rpcv1.PaidLinesResponse, error) {
	o, err := r.orders.anyOrder(ctx, q.GetOrderId())
	if err != nil {
		return nil, err
	}
	lines, err := r.orders.OrderLines(ctx, []string{o.ID}, 0, o.LineCount)
	if err != nil {
		return nil, err
	}
	out := &rpcv1.PaidLinesResponse{}
	for i, paid := range o.paidByLine(lines[0]) {
		out.Lines = append(out.Lines, &rpcv1.PaidLine{OrderLineId: lines[0][i].ID, Quantity: int32(lines[0][i].Quantity), PaidMinor: paid}) //nolint:gosec // bounded by the order
	}
	return out, nil
}
