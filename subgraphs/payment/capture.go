package payment

import (
	"context"
	"time"
)

// Capture asks for what a payment has set aside, and waits for it. A payment
// that cannot be captured is returned as it is.
func (s *Service) Capture(ctx context.Context, paymentID string, wait time.Duration) (Payment, error) {
	err := s.change(ctx, func(w *writer) error {
		_, err := w.capture(ctx, paymentID)
		return err
	})
	if err != nil {
		return Payment{}, err
	}
	return s.await(ctx, paymentID, wait, func(p Payment) bool { return p.Want != WantCapture })
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
