package order

import (
	"context"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
	"cartograph/internal/inbox"
	"cartograph/internal/money"
	"cartograph/internal/outbox"
)

// Topics are the topics that Handle consumes.
func (s *Service) Topics() []event.Topic { return s.events.Topics() }

// Handle applies an event to its purchase, once however often it comes.
func (s *Service) Handle(ctx context.Context, e event.Envelope) error { return s.events.Handle(ctx, e) }

// newMux registers the events that are facts of a purchase, claims of guests and
// merges of carts.
func (s *Service) newMux(out *outbox.Outbox) *inbox.Mux {
	m := inbox.NewMux("order", out)
	on(s, m, func(p event.HoldPlaced) Fact {
		return Fact{Kind: FactHoldPlaced, ExpiresAt: p.ExpiresAt.UTC(), ExtensionsLeft: p.ExtensionsLeft}
	})
	on(s, m, func(p event.HoldRejected) Fact {
		f := Fact{Kind: FactHoldRejected}
		for _, short := range p.Shortages {
			f.Shortages = append(f.Shortages, Shortage(short))
		}
		return f
	})
	on(s, m, func(p event.HoldExtended) Fact {
		return Fact{Kind: FactHoldExtended, ExpiresAt: p.ExpiresAt.UTC(), ExtensionsLeft: p.ExtensionsLeft}
	})
	on(s, m, func(p event.HoldCommitFailed) Fact {
		return Fact{Kind: FactHoldCommitFailed, HoldStatus: HoldStatus(p.Status)}
	})
	on(s, m, func(event.HoldCommitted) Fact { return Fact{Kind: FactHoldCommitted} })
	on(s, m, func(event.HoldReleased) Fact { return Fact{Kind: FactHoldReleased} })
	on(s, m, func(event.HoldExpired) Fact { return Fact{Kind: FactHoldExpired} })
	on(s, m, func(event.StockReturned) Fact { return Fact{Kind: FactStockReturned} })

	s.onCarried(m)
	s.onReturned(m)
	inbox.On(m, func(ctx context.Context, tx pgx.Tx, p event.GuestClaimed, _ event.Envelope) error {
		return s.guestClaimed(ctx, tx, p)
	})
	inbox.OnDirect(m, func(ctx context.Context, p event.CartMerged, e event.Envelope) error {
		var ended []string
		err := m.Once(ctx, e, func(ctx context.Context, tx pgx.Tx) (err error) {
			ended, err = s.cartMerged(ctx, tx, p)
			return err
		})
		if err != nil {
			return err
		}
		for _, id := range ended {
			s.changed.Notify(id)
		}
		return nil
	})

	on(s, m, func(p event.PaymentCreated) Fact { return paymentFact(FactPaymentCreated, p.PaymentFacts) })
	on(s, m, func(p event.PaymentActionRequired) Fact {
		f := paymentFact(FactPaymentActionRequired, p.PaymentFacts)
		f.ActionURL = p.RedirectURL
		return f
	})
	on(s, m, func(p event.PaymentAuthorized) Fact { return paymentFact(FactPaymentAuthorized, p.PaymentFacts) })
	on(s, m, func(p event.PaymentDeclined) Fact {
		f := paymentFact(FactPaymentDeclined, p.PaymentFacts)
		f.Decline = Decline{p.Code, p.Retryable}
		return f
	})
	on(s, m, func(p event.PaymentCaptured) Fact { return paymentFact(FactPaymentCaptured, p.PaymentFacts) })
	on(s, m, func(p event.PaymentCaptureFailed) Fact {
		f := paymentFact(FactPaymentCaptureFailed, p.PaymentFacts)
		f.Decline = Decline{Code: p.Code}
		return f
	})
	on(s, m, func(p event.PaymentVoided) Fact { return paymentFact(FactPaymentVoided, p.PaymentFacts) })
	on(s, m, func(p event.RefundSucceeded) Fact {
		f := refundFact(FactRefundSucceeded, p.PaymentFacts, p.RefundID, p.RefundedMinor)
		f.Refunded = p.Lines
		return f
	})
	on(s, m, func(p event.RefundNotDue) Fact { return Fact{Kind: FactRefundNotDue, RefundID: p.RefundID} })
	on(s, m, func(p event.RefundFailed) Fact {
		return refundFact(FactRefundFailed, p.PaymentFacts, p.RefundID, p.RefundedMinor)
	})
	on(s, m, func(p event.DisputeOpened) Fact { return disputeFact(FactDisputeOpened, p.DisputeFacts) })
	on(s, m, func(p event.DisputeWon) Fact { return disputeFact(FactDisputeWon, p.DisputeFacts) })
	on(s, m, func(p event.DisputeLost) Fact {
		f := disputeFact(FactDisputeLost, p.DisputeFacts)
		f.Accepted = p.Accepted
		return f
	})
	return m
}

// on registers the fact that an event reports. An event whose fact was applied
// from a response costs no transaction: it would change nothing.
func on[P event.Payload](s *Service, m *inbox.Mux, factOf func(P) Fact) {
	inbox.OnDirect(m, func(ctx context.Context, payload P, e event.Envelope) error {
		f := factOf(payload)
		if s.expected.Met(f.key(e.Subject)) {
			return nil
		}
		err := m.Once(ctx, e, func(ctx context.Context, tx pgx.Tx) error {
			_, err := s.applyFactIn(ctx, tx, e.Subject, nil, f)
			return err
		})
		if err != nil {
			return err
		}
		s.changed.Notify(e.Subject)
		return nil
	})
}

func paymentFact(kind FactKind, p event.PaymentFacts) Fact {
	return Fact{Kind: kind, PaymentID: p.PaymentID, Amount: money.Money{Minor: p.AmountMinor, Currency: p.Currency}}
}

// refundFact has the amount of the refund, not that of its payment.
func refundFact(kind FactKind, p event.PaymentFacts, refundID string, minor int64) Fact {
	return Fact{Kind: kind, PaymentID: p.PaymentID, RefundID: refundID, Amount: money.Money{Minor: minor, Currency: p.Currency}}
}

// disputeFact has the disputed amount, not that of its payment.
func disputeFact(kind FactKind, p event.DisputeFacts) Fact {
	return Fact{
		Kind: kind, PaymentID: p.PaymentID, DisputeID: p.DisputeID, Amount: money.Money{Minor: p.DisputedMinor, Currency: p.Currency},
		Disputed: p.PaymentStatus == string(Disputed),
	}
}
