package payment_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/polltest"
	"cartograph/internal/rpc"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/internal/rpc/v1/rpcv1connect"
	"cartograph/subgraphs/payment"
)

// calls is the order subgraph's client.
func (s *shop) calls() rpcv1connect.PaymentsClient {
	internal, err := auth.NewInternal(strings.Repeat("s", 32))
	if err != nil {
		s.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(rpcv1connect.NewPaymentsHandler(payment.NewServer(s.payments), rpc.HandlerOptions(internal)...))
	server := httptest.NewServer(mux)
	s.Cleanup(server.Close)
	return rpcv1connect.NewPaymentsClient(&http.Client{Transport: rpc.NewTransport()}, server.URL, rpc.ClientOptions(internal, "order")...)
}

func TestRPCOfTheOrderSubgraph(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	calls := s.calls()
	for _, tt := range []struct{ token, authorised, captured, cancelled string }{
		{"tok_ok", "AUTHORIZED", "CAPTURED", "REFUNDED"},
		{"tok_decline", "DECLINED", "DECLINED", "DECLINED"},
		{"tok_3ds", "REQUIRES_ACTION", "REQUIRES_ACTION", "VOIDED"},
		{"tok_capture_fails", "AUTHORIZED", "FAILED", "FAILED"},
		{"tok_dispute", "AUTHORIZED", "CAPTURED", "CAPTURED"},
	} {
		o := s.placed(5000)
		request := &rpcv1.AuthorizeRequest{
			PaymentId: id.New(id.Payment), OrderId: o.OrderID, CheckoutId: o.CheckoutID, OrderNumber: o.Number,
			OwnerId: o.OwnerID, AmountMinor: 5000, Currency: "USD", Token: tt.token, WaitMs: 1500,
		}
		for range 2 { // a call may be repeated
			p, err := calls.Authorize(t.Context(), request)
			if err != nil || p.GetStatus() != tt.authorised {
				t.Errorf("%s: Authorize gives %v (%v), want %s", tt.token, p, err, tt.authorised)
			}
			if (p.GetNextActionUrl() != "") != (tt.authorised == "REQUIRES_ACTION") || (p.GetDeclineCode() != "") != (tt.authorised == "DECLINED") {
				t.Errorf("%s: Authorize gives %v, want an action or a reason only where there is one", tt.token, p)
			}
		}
		p, err := calls.Capture(t.Context(), &rpcv1.CaptureRequest{PaymentId: request.GetPaymentId(), WaitMs: 1500})
		if err != nil || p.GetStatus() != tt.captured {
			t.Errorf("%s: Capture gives %v (%v), want %s", tt.token, p, err, tt.captured)
		}
		for range 2 {
			if _, err := calls.Cancel(t.Context(), &rpcv1.CancelRequest{OrderId: o.OrderID}); err != nil {
				t.Errorf("%s: Cancel: %v", tt.token, err)
			}
		}
		polltest.EventuallyNoProblem(s, func() string {
			p, err := calls.Capture(t.Context(), &rpcv1.CaptureRequest{PaymentId: request.GetPaymentId()})
			if err != nil || p.GetStatus() != tt.cancelled {
				return tt.token + ": after Cancel it is " + p.GetStatus() + ", want " + tt.cancelled
			}
			return ""
		})
	}
	if _, err := calls.Capture(t.Context(), &rpcv1.CaptureRequest{PaymentId: "pay_none"}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("capture of an unknown payment: %v, want NOT_FOUND", err)
	}
	if _, err := calls.Authorize(t.Context(), &rpcv1.AuthorizeRequest{PaymentId: "pay_1", Token: "tok_ok"}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("authorise nothing: %v, want INVALID_INPUT", err)
	}
}

func TestRPCWithoutWaitAnswersAtOnce(t *testing.T) {
	t.Parallel()
	s := open(t, option{idle: true})
	o := s.placed(5000)
	p, err := s.calls().Authorize(t.Context(), &rpcv1.AuthorizeRequest{
		PaymentId: id.New(id.Payment), OrderId: o.OrderID, CheckoutId: o.CheckoutID, OwnerId: o.OwnerID,
		AmountMinor: 5000, Currency: "USD", Token: "tok_ok",
	})
	if err != nil || p.GetStatus() != "PROCESSING" {
		t.Errorf("Authorize gives %v (%v), want PROCESSING", p, err)
	}
}
