package order

import (
	"context"
	"time"

	"cartograph/internal/money"
	rpcv1 "cartograph/internal/rpc/v1"
)

// ask puts a question to another service within a budget. No answer is no
// failure: the event that was written with the question asks again.
func ask[Q, A any](ctx context.Context, s *Service, what string, budget time.Duration, call func(context.Context, Q) (A, error), question Q) (A, bool) {
	ctx, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	answer, err := call(ctx, question)
	if err != nil {
		s.log.InfoContext(ctx, "left to events", "question", what, "err", err)
	}
	return answer, err == nil
}

// applyAnswer lets a purchase learn from an answer, also if whoever waited for
// it has left.
func (s *Service) applyAnswer(ctx context.Context, checkoutID string, lines []Line, o Outcome) *Purchase {
	p, err := s.learn(context.WithoutCancel(ctx), checkoutID, lines, o)
	if err != nil {
		s.log.WarnContext(ctx, "answer not applied; its event will be", "checkout_id", checkoutID, "err", err)
		return nil
	}
	s.learned.Note(o.of(checkoutID))
	return p
}

// askHold returns the purchase that has learned the answer; nil without one.
func (s *Service) askHold(ctx context.Context, c *Checkout, lines []Line, budget time.Duration) *Purchase {
	q := &rpcv1.HoldRequest{CheckoutId: c.ID, TtlSeconds: int32(s.cfg.HoldSeconds)}
	for _, l := range wanted(lines) {
		q.Lines = append(q.Lines, &rpcv1.HoldLine{VariantId: l.VariantID, Quantity: int32(l.Quantity)})
	}
	answer, ok := ask(ctx, s, "hold", budget, s.ports.Inventory.Hold, q)
	o := holdOutcome(answer)
	if !ok || o.Kind == "" {
		return nil
	}
	return s.applyAnswer(ctx, c.ID, lines, o)
}

// holdOutcome is what inventory's answer tells; the zero Outcome if nothing.
func holdOutcome(a *rpcv1.HoldResponse) Outcome {
	o := Outcome{ExtensionsLeft: int(a.GetExtensionsLeft())}
	if a.GetExpiresAt() != nil {
		o.ExpiresAt = a.GetExpiresAt().AsTime()
	}
	for _, sh := range a.GetShortages() {
		o.Shortages = append(o.Shortages, Shortage{sh.GetVariantId(), int(sh.GetRequested()), int(sh.GetAvailable())})
	}
	switch HoldStatus(a.GetStatus()) {
	case Held:
		o.Kind = HoldWasPlaced
	case HoldRejected:
		o.Kind = HoldWasRejected
	case HoldCommitted:
		o.Kind = HoldWasCommitted
	case HoldReleased:
		o.Kind = HoldWasReleased
	case HoldExpired:
		o.Kind = HoldRanOut
	default:
	}
	return o
}

// release hurries what the checkout's end has told inventory already. It
// returns the purchase that has learned the answer; nil without one.
func (s *Service) release(ctx context.Context, checkoutID string) *Purchase {
	answer, ok := ask(ctx, s, "release", giveBack, s.ports.Inventory.Release, &rpcv1.ReleaseRequest{CheckoutId: checkoutID})
	o := holdOutcome(answer)
	if !ok || (o.Kind != HoldWasReleased && o.Kind != HoldRanOut) {
		return nil
	}
	return s.applyAnswer(ctx, checkoutID, nil, o)
}

// drive asks for the next step of a purchase, and the next, while answers come
// and the budget lasts. It returns where that led; nil if a question was left
// to events, which may have led further by now.
func (s *Service) drive(ctx context.Context, p *Purchase) *Purchase {
	ctx, cancel := context.WithTimeout(ctx, placeBudget)
	defer cancel()
	for {
		o, asks := s.askNext(ctx, p)
		if !asks {
			return p
		}
		if o.Kind == "" {
			return nil
		}
		before := p.Order.Version
		p = s.applyAnswer(ctx, p.Checkout.ID, p.lines, o)
		if p == nil || p.Order.Version == before { // what changes nothing would only be asked for again
			return p
		}
	}
}

// askNext asks for what the purchase waits for; false if that is nothing. The
// zero Outcome says that nobody answered.
func (s *Service) askNext(ctx context.Context, p *Purchase) (o Outcome, asks bool) {
	deadline, _ := ctx.Deadline()
	left := time.Until(deadline)
	// The answer must be back before the budget ends.
	wait := int32(max(0, (left-150*time.Millisecond)/time.Millisecond))
	switch {
	case p.waitsAt(Placed) && p.Order.PaymentStatus == PaymentPending && p.Order.Payment.Token != "":
		return s.askAuthorize(ctx, p.Order, left, wait), true
	case p.waitsAt(Authorized) && p.Checkout.Hold.Status == Held:
		return s.askCommit(ctx, p.Order, wait), true
	case p.waitsAt(StockCommitted):
		return s.askCapture(ctx, p.Order, left, wait), true
	default:
		return Outcome{}, false
	}
}

func (s *Service) askCommit(ctx context.Context, o *Order, wait int32) Outcome {
	if wait == 0 {
		return Outcome{}
	}
	answer, ok := ask(ctx, s, "commit", holdBudget, s.ports.Inventory.Commit, &rpcv1.CommitRequest{CheckoutId: o.CheckoutID})
	if !ok {
		return Outcome{}
	}
	return commitOutcome(answer)
}

func (s *Service) askCapture(ctx context.Context, o *Order, budget time.Duration, wait int32) Outcome {
	if wait == 0 {
		return Outcome{}
	}
	q := &rpcv1.CaptureRequest{PaymentId: o.Payment.ID, WaitMs: wait}
	answer, ok := ask(ctx, s, "capture", budget, s.ports.Payments.Capture, q)
	if !ok {
		return Outcome{}
	}
	return captureOutcome(answer)
}

func (s *Service) askAuthorize(ctx context.Context, o *Order, budget time.Duration, wait int32) Outcome {
	if wait == 0 {
		return Outcome{}
	}
	answer, ok := ask(ctx, s, "authorise", budget, s.ports.Payments.Authorize, &rpcv1.AuthorizeRequest{
		PaymentId: o.Payment.ID, OrderId: o.ID, CheckoutId: o.CheckoutID, OrderNumber: o.Number, OwnerId: o.OwnerID,
		AmountMinor: o.Total.Minor, Currency: o.Total.Currency, Token: o.Payment.Token, ReturnUrl: o.Payment.ReturnURL, WaitMs: wait,
	})
	if !ok {
		return Outcome{}
	}
	switch answer.GetStatus() {
	case "AUTHORIZED", "CAPTURED":
		return paymentAnswer(PaymentWasAuthorized, answer)
	case "REQUIRES_ACTION":
		return paymentAnswer(PaymentAwaitsBuyer, answer)
	case "DECLINED", "FAILED":
		return paymentAnswer(PaymentWasDeclined, answer)
	case "VOIDED":
		return paymentAnswer(PaymentWasVoided, answer)
	default: // PROCESSING: an event will tell
		return Outcome{}
	}
}

// commitOutcome is an answer to Commit: whatever is not sold was not held.
func commitOutcome(a *rpcv1.HoldResponse) Outcome {
	switch status := HoldStatus(a.GetStatus()); status {
	case HoldCommitted:
		return Outcome{Kind: HoldWasCommitted}
	case HoldExpired, HoldReleased, HoldRejected:
		return Outcome{Kind: CommitFailed, HoldStatus: status}
	default:
		return Outcome{}
	}
}

func captureOutcome(a *rpcv1.PaymentState) Outcome {
	switch a.GetStatus() {
	case "CAPTURED":
		return paymentAnswer(PaymentWasCaptured, a)
	case "FAILED":
		return paymentAnswer(CaptureFailed, a)
	case "VOIDED":
		return paymentAnswer(PaymentWasVoided, a)
	default:
		return Outcome{}
	}
}

func paymentAnswer(kind OutcomeKind, a *rpcv1.PaymentState) Outcome {
	return Outcome{
		Kind: kind, PaymentID: a.GetPaymentId(), Amount: money.Money{Minor: a.GetAmountMinor(), Currency: a.GetCurrency()},
		Decline: Decline{a.GetDeclineCode(), a.GetDeclineMessage(), a.GetRetryable()},
	}
}
