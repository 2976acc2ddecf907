package payment_test

import (
	"context"
	"testing"
	"time"

	"cartograph/internal/event"
	"cartograph/internal/id"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/payment"
)

// reports are the states that Order is called with.
type reports struct {
	payment.Orders
	states chan *rpcv1.PaymentState
}

func (r reports) ApplyPayment(_ context.Context, state *rpcv1.PaymentState) (*rpcv1.ApplyPaymentResponse, error) {
	r.states <- state
	return &rpcv1.ApplyPaymentResponse{}, nil
}

// The queue has the payments whose call from Order found no free worker, or ended
// before the gateway answered.
func TestOutcomesOfTheQueueAreReportedToOrder(t *testing.T) {
	t.Parallel()
	for token, want := range map[string]string{"tok_ok": "AUTHORIZED", "tok_decline": "DECLINED", "tok_of_nobody": "DECLINED", "tok_3ds": "REQUIRES_ACTION"} {
		t.Run(token, func(t *testing.T) {
			t.Parallel()
			called := reports{states: make(chan *rpcv1.PaymentState, 8)}
			s := open(t, option{mute: true, orders: called})
			o := order(1999)
			request := due(o, id.New(id.Payment))
			request.Token = token
			s.handle(event.OrderPlaced{OrderFacts: o}, request)
			select {
			case got := <-called.states:
				if got.GetStatus() != want || got.GetCheckoutId() != o.CheckoutID {
					t.Errorf("Order is called with %v, want %s of %s", got, want, o.CheckoutID)
				}
			case <-time.After(20 * time.Second):
				t.Errorf("Order is not called with %s", want)
			}
		})
	}
}
