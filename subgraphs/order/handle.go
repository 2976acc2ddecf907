package order

import (
	"context"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
	"cartograph/internal/money"
)

// Topics are what the service learns from.
func (s *Service) Topics() []event.Topic { return []event.Topic{event.Inventory, event.Payments} }

// Handle lets the purchase that an event is about learn from it, once.
func (s *Service) Handle(ctx context.Context, e event.Envelope) error {
	o, err := outcomeOf(e)
	if err != nil {
		return err
	}
	if o.Kind == "" || s.learned.Take(o.of(e.Subject)) {
		return nil // not worth a transaction
	}
	if err := s.once(ctx, e); err != nil {
		return err
	}
	s.changed.Notify(e.Subject)
	return nil
}

func (s *Service) handle(ctx context.Context, tx pgx.Tx, e event.Envelope) error {
	o, err := outcomeOf(e)
	if err != nil {
		return err
	}
	_, err = s.learnIn(ctx, tx, e.Subject, nil, o)
	return err
}

// of names an outcome of a checkout: an answer and its event have the same name.
func (o Outcome) of(checkoutID string) string {
	return checkoutID + " " + string(o.Kind) + " " + o.PaymentID + " " + o.RefundID
}

// outcomeOf is what an event tells a purchase; the zero Outcome if nothing.
func outcomeOf(e event.Envelope) (Outcome, error) {
	switch e.Type {
	case event.Type[event.HoldPlaced]():
		p, err := event.Decode[event.HoldPlaced](e)
		return Outcome{Kind: HoldWasPlaced, ExpiresAt: p.ExpiresAt.UTC(), ExtensionsLeft: p.ExtensionsLeft}, err
	case event.Type[event.HoldRejected]():
		p, err := event.Decode[event.HoldRejected](e)
		o := Outcome{Kind: HoldWasRejected}
		for _, s := range p.Shortages {
			o.Shortages = append(o.Shortages, Shortage(s))
		}
		return o, err
	case event.Type[event.HoldExtended]():
		p, err := event.Decode[event.HoldExtended](e)
		return Outcome{Kind: HoldWasExtended, ExpiresAt: p.ExpiresAt.UTC(), ExtensionsLeft: p.ExtensionsLeft}, err
	case event.Type[event.HoldCommitFailed]():
		p, err := event.Decode[event.HoldCommitFailed](e)
		return Outcome{Kind: CommitFailed, HoldStatus: HoldStatus(p.Status)}, err
	case event.Type[event.HoldCommitted]():
		return Outcome{Kind: HoldWasCommitted}, nil
	case event.Type[event.HoldReleased]():
		return Outcome{Kind: HoldWasReleased}, nil
	case event.Type[event.HoldExpired]():
		return Outcome{Kind: HoldRanOut}, nil
	case event.Type[event.StockReturned]():
		return Outcome{Kind: StockCameBack}, nil
	default:
		return paymentOutcome(e)
	}
}

func paymentOutcome(e event.Envelope) (Outcome, error) {
	kinds := map[string]OutcomeKind{
		event.Type[event.PaymentCreated]():        PaymentBegan,
		event.Type[event.PaymentActionRequired](): PaymentAwaitsBuyer,
		event.Type[event.PaymentAuthorized]():     PaymentWasAuthorized,
		event.Type[event.PaymentDeclined]():       PaymentWasDeclined,
		event.Type[event.PaymentCaptured]():       PaymentWasCaptured,
		event.Type[event.PaymentCaptureFailed]():  CaptureFailed,
		event.Type[event.PaymentVoided]():         PaymentWasVoided,
		event.Type[event.RefundSucceeded]():       MoneyWentBack,
		event.Type[event.RefundFailed]():          RefundFailed,
	}
	kind, known := kinds[e.Type]
	if !known {
		return Outcome{}, nil
	}
	// Every event of a payment holds PaymentFacts; these fields are of some.
	p, err := event.Decode[paymentNews](e)
	o := Outcome{
		Kind: kind, PaymentID: p.PaymentID, Amount: money.Money{Minor: p.AmountMinor, Currency: p.Currency},
		Decline: Decline{p.Code, p.Message, p.Retryable}, RefundID: p.RefundID,
	}
	if kind == MoneyWentBack || kind == RefundFailed {
		o.Amount.Minor = p.RefundedMinor
	}
	return o, err
}

// paymentNews is every field that an event of a payment may have.
type paymentNews struct {
	event.PaymentDeclined
	RefundID      string `json:"refundId"`
	RefundedMinor int64  `json:"refundedMinor"`
}
