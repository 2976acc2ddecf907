package order

import (
	"context"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
	"cartograph/internal/money"
)

// Topics are the topics that Handle consumes.
func (s *Service) Topics() []event.Topic { return []event.Topic{event.Inventory, event.Payments} }

// Handle applies an event to its purchase, once however often it comes.
func (s *Service) Handle(ctx context.Context, e event.Envelope) error {
	f, err := factOf(e)
	if err != nil {
		return err
	}
	if f.Kind == "" || s.expected.Take(f.key(e.Subject)) {
		return nil // a transaction would change nothing
	}
	if err := s.once(ctx, e); err != nil {
		return err
	}
	s.changed.Notify(e.Subject)
	return nil
}

func (s *Service) handle(ctx context.Context, tx pgx.Tx, e event.Envelope) error {
	f, err := factOf(e)
	if err != nil {
		return err
	}
	_, err = s.applyFactIn(ctx, tx, e.Subject, nil, f)
	return err
}

// factOf is the fact that an event reports; the zero Fact for events that do
// not concern purchases.
func factOf(e event.Envelope) (Fact, error) {
	switch e.Type {
	case event.Type[event.HoldPlaced]():
		p, err := event.Decode[event.HoldPlaced](e)
		return Fact{Kind: FactHoldPlaced, ExpiresAt: p.ExpiresAt.UTC(), ExtensionsLeft: p.ExtensionsLeft}, err
	case event.Type[event.HoldRejected]():
		p, err := event.Decode[event.HoldRejected](e)
		f := Fact{Kind: FactHoldRejected}
		for _, s := range p.Shortages {
			f.Shortages = append(f.Shortages, Shortage(s))
		}
		return f, err
	case event.Type[event.HoldExtended]():
		p, err := event.Decode[event.HoldExtended](e)
		return Fact{Kind: FactHoldExtended, ExpiresAt: p.ExpiresAt.UTC(), ExtensionsLeft: p.ExtensionsLeft}, err
	case event.Type[event.HoldCommitFailed]():
		p, err := event.Decode[event.HoldCommitFailed](e)
		return Fact{Kind: FactHoldCommitFailed, HoldStatus: HoldStatus(p.Status)}, err
	case event.Type[event.HoldCommitted]():
		return Fact{Kind: FactHoldCommitted}, nil
	case event.Type[event.HoldReleased]():
		return Fact{Kind: FactHoldReleased}, nil
	case event.Type[event.HoldExpired]():
		return Fact{Kind: FactHoldExpired}, nil
	case event.Type[event.StockReturned]():
		return Fact{Kind: FactStockReturned}, nil
	default:
		return paymentFact(e)
	}
}

func paymentFact(e event.Envelope) (Fact, error) {
	kinds := map[string]FactKind{
		event.Type[event.PaymentCreated]():        FactPaymentCreated,
		event.Type[event.PaymentActionRequired](): FactPaymentActionRequired,
		event.Type[event.PaymentAuthorized]():     FactPaymentAuthorized,
		event.Type[event.PaymentDeclined]():       FactPaymentDeclined,
		event.Type[event.PaymentCaptured]():       FactPaymentCaptured,
		event.Type[event.PaymentCaptureFailed]():  FactPaymentCaptureFailed,
		event.Type[event.PaymentVoided]():         FactPaymentVoided,
		event.Type[event.RefundSucceeded]():       FactRefundSucceeded,
		event.Type[event.RefundFailed]():          FactRefundFailed,
	}
	kind, known := kinds[e.Type]
	if !known {
		return Fact{}, nil
	}
	p, err := event.Decode[paymentFields](e)
	f := Fact{
		Kind: kind, PaymentID: p.PaymentID, Amount: money.Money{Minor: p.AmountMinor, Currency: p.Currency},
		Decline: Decline{p.Code, p.Message, p.Retryable}, RefundID: p.RefundID,
	}
	if kind == FactRefundSucceeded || kind == FactRefundFailed {
		f.Amount.Minor = p.RefundedMinor
	}
	return f, err
}

// paymentFields are the fields of all payment events. Each has PaymentFacts and
// some of the others.
type paymentFields struct {
	event.PaymentDeclined
	RefundID      string `json:"refundId"`
	RefundedMinor int64  `json:"refundedMinor"`
}
