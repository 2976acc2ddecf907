package payment

import (
	"context"
	"time"

	"cartograph/internal/event"
)

// Capture requests the capture of an authorised payment and waits for the outcome,
// for wait at most. A payment that cannot be captured is returned as it is.
func (s *Service) Capture(ctx context.Context, paymentID string, wait time.Duration) (Payment, error) {
	result, err := s.changeAndExecute(ctx, func(w *writer) error {
		p, err := w.requestCapture(ctx, paymentID)
		w.expect(p.CheckoutID, event.Type[event.CaptureDue]())
		return err
	})
	if err != nil {
		return Payment{}, err
	}
	return s.awaitResult(ctx, result, paymentID, wait, func(p Payment) bool { return p.PendingOperation != OpCapture })
}

// requestCapture stores a capture as the pending operation and returns the payment
// as it was before. Nothing is stored unless the payment is authorised, has no
// other operation pending and its order is open: a capture that came after a
// cancellation would take money that must be refunded at once.
func (w *writer) requestCapture(ctx context.Context, paymentID string) (Payment, error) {
	p, orderStatus, err := w.lock(ctx, paymentID)
	if err != nil || p.Status != Authorized || p.PendingOperation != OpNone || orderStatus == orderClosed {
		return p, err
	}
	w.setPending(ctx, p, OpCapture)
	return p, nil
}
