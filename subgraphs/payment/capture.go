package payment

import (
	"context"
	"time"

	"cartograph/internal/event"
)

// Capture asks for what a payment has set aside, and waits for it. A payment
// that cannot be captured is returned as it is.
func (s *Service) Capture(ctx context.Context, paymentID string, wait time.Duration) (Payment, error) {
	asked, err := s.changeAndAsk(ctx, func(w *writer) error {
		p, err := w.capture(ctx, paymentID)
		w.foresee(p.CheckoutID, event.Type[event.CaptureDue]())
		return err
	})
	if err != nil {
		return Payment{}, err
	}
	return s.awaitAnswer(ctx, asked, paymentID, wait, func(p Payment) bool { return p.Want != WantCapture })
}

// capture stores the wish to capture, and returns the payment as it was before.
// Nothing is stored for one that was, or is being, captured or voided.
func (w *writer) capture(ctx context.Context, paymentID string) (Payment, error) {
	p, orderStatus, err := w.lock(ctx, paymentID)
	if err != nil || p.Status != Authorized || p.Want != WantNothing || orderStatus == orderClosed {
		return p, err
	}
	return p, w.want(ctx, p, WantCapture)
}
