package order

import (
	"context"
	"slices"
	"time"

	"cartograph/internal/event"
	"cartograph/internal/money"
	rpcv1 "cartograph/internal/rpc/v1"
)

// A purchase advances by events alone: each step is written to the outbox with
// the state that requires it. While a buyer waits, the same steps are also
// requested by RPC, so that the reply has the outcome. Both ways reach the same
// handler under the same id, and both responses are applied by Purchase.Apply;
// the second changes nothing. A failed call is therefore not an error.

// responseMargin is what remains of the budget to apply a response and commit.
const responseMargin = 150 * time.Millisecond

// callPeer calls another service within a budget; false without a response.
// The event that was committed before makes the same request.
func callPeer[Req, Res any](ctx context.Context, s *Service, name string, budget time.Duration, call func(context.Context, Req) (Res, error), req Req) (Res, bool) {
	ctx, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	res, err := call(ctx, req)
	if err != nil {
		s.log.InfoContext(ctx, "peer call failed, falling back to event", "call", name, "err", err)
	}
	return res, err == nil
}

// applyResponse applies a fact of a response, even if the client has gone. It
// returns nil if that failed: the event with the same fact follows.
func (s *Service) applyResponse(ctx context.Context, checkoutID string, lines []Line, f Fact) *Purchase {
	p, err := s.applyFact(context.WithoutCancel(ctx), checkoutID, lines, f)
	if err != nil {
		s.log.WarnContext(ctx, "response not applied, falling back to event", "checkout_id", checkoutID, "fact", f.Kind, "err", err)
		return nil
	}
	s.expected.Expect(f.key(checkoutID)) // only after the commit
	return p
}

// requestHold returns the purchase after the response; nil without one.
func (s *Service) requestHold(ctx context.Context, c *Checkout, lines []Line, budget time.Duration) *Purchase {
	req := &rpcv1.HoldRequest{CheckoutId: c.ID, TtlSeconds: int32(s.cfg.HoldSeconds)}
	for _, l := range quantities(lines) {
		req.Lines = append(req.Lines, &rpcv1.HoldLine{VariantId: l.VariantID, Quantity: int32(l.Quantity), FlashSaleId: l.FlashSaleID})
	}
	res, ok := callPeer(forOwner(ctx, c), s, "hold", budget, s.ports.Inventory.Hold, req)
	f := holdFact(res)
	if !ok || f.Kind == "" {
		return nil
	}
	return s.applyResponse(ctx, c.ID, lines, f)
}

// holdFact is the fact in inventory's response; the zero Fact if there is none.
func holdFact(res *rpcv1.HoldResponse) Fact {
	f := Fact{ExtensionsLeft: int(res.GetExtensionsLeft())}
	if res.GetExpiresAt() != nil {
		f.ExpiresAt = res.GetExpiresAt().AsTime()
	}
	f.Shortages = shortagesOf(res.GetShortages())
	switch HoldStatus(res.GetStatus()) {
	case Held:
		f.Kind = FactHoldPlaced
	case HoldRejected:
		f.Kind = FactHoldRejected
	case HoldCommitted:
		f.Kind = FactHoldCommitted
	case HoldReleased:
		f.Kind = FactHoldReleased
	case HoldExpired:
		f.Kind = FactHoldExpired
	default:
	}
	return f
}

func shortageOf(sh *rpcv1.Shortage) Shortage {
	short := Shortage{
		VariantID: sh.GetVariantId(), Requested: int(sh.GetRequested()), Available: int(sh.GetAvailable()),
		Limit: event.HoldLimit(sh.GetLimit()), Reserved: int(sh.GetReserved()), Position: int(sh.GetPosition()),
	}
	if sh.GetRetryAt() != nil {
		short.RetryAt = sh.GetRetryAt().AsTime()
	}
	if sh.GetAvailableAt() != nil {
		short.AvailableAt = sh.GetAvailableAt().AsTime()
	}
	return short
}

// requestRelease requests by RPC what the checkout's end has requested by
// event. It returns the purchase after the response; nil without one.
func (s *Service) requestRelease(ctx context.Context, checkoutID string) *Purchase {
	res, ok := callPeer(ctx, s, "release", releaseBudget, s.ports.Inventory.Release, &rpcv1.ReleaseRequest{CheckoutId: checkoutID})
	f := holdFact(res)
	if !ok || (f.Kind != FactHoldReleased && f.Kind != FactHoldExpired) {
		return nil
	}
	return s.applyResponse(ctx, checkoutID, nil, f)
}

// advance requests the next step of a purchase, and the next, while responses
// come and the budget lasts. It returns the purchase as it is then; nil if a
// step was left to its event, which may have been handled in the meantime.
func (s *Service) advance(ctx context.Context, p *Purchase) *Purchase {
	ctx, cancel := context.WithTimeout(ctx, placeBudget)
	defer cancel()
	for {
		f, requested := s.nextStep(ctx, p)
		if !requested {
			return p
		}
		if f.Kind == "" {
			return nil
		}
		before := p.Order.Version
		p = s.applyResponse(ctx, p.Checkout.ID, p.lines, f)
		if p == nil || p.Order.Version == before { // the same step again would loop
			return p
		}
	}
}

// nextStep requests what the purchase waits for; false if that is nothing. The
// zero Fact means that there was no response.
func (s *Service) nextStep(ctx context.Context, p *Purchase) (f Fact, requested bool) {
	deadline, _ := ctx.Deadline()
	left := time.Until(deadline)
	wait := int32(max(0, (left-responseMargin)/time.Millisecond))
	switch {
	case p.authorizationDue():
		return s.requestAuthorize(ctx, p.Order, left, wait), true
	case p.waitsAt(Authorized) && p.Checkout.Hold.Status == Held:
		return s.requestCommit(ctx, p.Order, wait), true
	case p.waitsAt(StockCommitted):
		return s.requestCapture(ctx, p.Order, left, wait), true
	default:
		return Fact{}, false
	}
}

func (s *Service) requestCommit(ctx context.Context, o *Order, wait int32) Fact {
	if wait == 0 {
		return Fact{}
	}
	res, ok := callPeer(ctx, s, "commit", holdBudget, s.ports.Inventory.Commit, &rpcv1.CommitRequest{CheckoutId: o.CheckoutID})
	if !ok {
		return Fact{}
	}
	return commitFact(res)
}

func (s *Service) requestCapture(ctx context.Context, o *Order, budget time.Duration, wait int32) Fact {
	if wait == 0 {
		return Fact{}
	}
	req := &rpcv1.CaptureRequest{PaymentId: o.Payment.ID, WaitMs: wait}
	res, ok := callPeer(ctx, s, "capture", budget, s.ports.Payments.Capture, req)
	if !ok {
		return Fact{}
	}
	return captureFact(res)
}

func (s *Service) requestAuthorize(ctx context.Context, o *Order, budget time.Duration, wait int32) Fact {
	if wait == 0 {
		return Fact{}
	}
	res, ok := callPeer(ctx, s, "authorize", budget, s.ports.Payments.Authorize, &rpcv1.AuthorizeRequest{
		PaymentId: o.Payment.ID, OrderId: o.ID, CheckoutId: o.CheckoutID, OrderNumber: o.Number, OwnerId: o.OwnerID,
		AmountMinor: o.Total.Minor, Currency: o.Total.Currency, Token: o.Payment.Token, ReturnUrl: o.Payment.ReturnURL, WaitMs: wait,
		GiftCards: sentParts(o.Gifts),
	})
	if !ok {
		return Fact{}
	}
	return authorizeFact(res)
}

// authorizeFact is the fact in Payment's response to Authorize. CAPTURED has
// been authorised too; the capture follows as a fact of its own.
func authorizeFact(res *rpcv1.PaymentState) Fact {
	switch res.GetStatus() {
	case "AUTHORIZED", "CAPTURED":
		return paymentStateFact(FactPaymentAuthorized, res)
	case "REQUIRES_ACTION":
		f := paymentStateFact(FactPaymentActionRequired, res)
		f.ActionURL = res.GetNextActionUrl()
		return f
	case "DECLINED", "FAILED":
		return paymentStateFact(FactPaymentDeclined, res)
	case "VOIDED":
		return paymentStateFact(FactPaymentVoided, res)
	default: // PROCESSING: undecided within the wait
		return Fact{}
	}
}

// stateFact is the fact in a state that Payment reports by itself. A state is the
// last of several: that of a captured payment is the capture.
func stateFact(state *rpcv1.PaymentState) Fact {
	switch state.GetStatus() {
	case "CAPTURED":
		return paymentStateFact(FactPaymentCaptured, state)
	case "FAILED":
		return paymentStateFact(FactPaymentCaptureFailed, state)
	default:
		return authorizeFact(state)
	}
}

// requestOutstanding requests by RPC what the purchase's outstanding events request:
// the steps of a purchase under way, or the undoing of one that has ended.
func (s *Service) requestOutstanding(ctx context.Context, p *Purchase) {
	switch outstanding := p.Outstanding(); {
	case len(outstanding) == 0:
	case p.ended() && p.Order == nil:
		s.requestRelease(ctx, p.Checkout.ID)
	case p.ended():
		s.compensateNow(ctx, p)
	case slices.Contains(outstanding, eventCheckoutOpened) && p.lines != nil:
		if p = s.requestHold(ctx, &p.Checkout, p.lines, holdBudget); p != nil && p.Order != nil {
			s.advance(ctx, p)
		}
	case p.Order != nil:
		s.advance(ctx, p)
	}
}

// commitFact is the fact in inventory's response to Commit. Whatever is not
// committed then is not held any more.
func commitFact(res *rpcv1.HoldResponse) Fact {
	switch status := HoldStatus(res.GetStatus()); status {
	case HoldCommitted:
		return Fact{Kind: FactHoldCommitted}
	case HoldExpired, HoldReleased, HoldRejected:
		return Fact{Kind: FactHoldCommitFailed, HoldStatus: status}
	default:
		return Fact{}
	}
}

func captureFact(res *rpcv1.PaymentState) Fact {
	switch res.GetStatus() {
	case "CAPTURED":
		return paymentStateFact(FactPaymentCaptured, res)
	case "FAILED":
		return paymentStateFact(FactPaymentCaptureFailed, res)
	case "VOIDED":
		return paymentStateFact(FactPaymentVoided, res)
	default:
		return Fact{}
	}
}

func paymentStateFact(kind FactKind, res *rpcv1.PaymentState) Fact {
	return Fact{
		Kind: kind, PaymentID: res.GetPaymentId(), Amount: money.Money{Minor: res.GetAmountMinor(), Currency: res.GetCurrency()},
		Decline: Decline{res.GetDeclineCode(), res.GetRetryable()},
	}
}
