package payment

import (
	"context"
	"sync"
)

// lazyBatch loads a field of many parents with one query, when the first of them
// is resolved. The parents are those read by one query, so that a list within a
// list costs one statement and not one for each parent.
//
// It is for one operation: its result is as old as its first use.
type lazyBatch[T any] struct {
	ids   []string
	once  sync.Once
	found map[string]T
	err   error
}

// load returns the field of every parent by the parent's id. Only the first call
// runs query. Resolvers of one list run concurrently and wait for it.
func (b *lazyBatch[T]) load(ctx context.Context, query func(context.Context, []string) (map[string]T, error)) (map[string]T, error) {
	b.once.Do(func() { b.found, b.err = query(ctx, b.ids) })
	return b.found, b.err
}

// paymentBatch is shared by the payments of one query.
type paymentBatch struct {
	transactions lazyBatch[[]*Transaction]
	refunds      lazyBatch[[]*Refund]
	disputes     lazyBatch[[]*Dispute]
	giftCards    lazyBatch[[]*GiftCardUse]
}

func batchPayments(payments []*Payment) {
	ids := make([]string, len(payments))
	batch := &paymentBatch{}
	for i, p := range payments {
		ids[i], p.batch = p.ID, batch
	}
	batch.transactions.ids, batch.refunds.ids, batch.disputes.ids, batch.giftCards.ids = ids, ids, ids, ids
}

// Transactions returns the transactions of each payment, oldest first.
func (s *Service) Transactions(ctx context.Context, payments []*Payment) ([][]*Transaction, error) {
	return collect(payments, func(p *Payment) ([]*Transaction, error) {
		found, err := p.batch.transactions.load(ctx, s.TransactionsByPayment)
		return found[p.ID], err
	})
}

// RefundsOf returns the refunds of each payment, oldest first.
func (s *Service) RefundsOf(ctx context.Context, payments []*Payment) ([][]*Refund, error) {
	return collect(payments, func(p *Payment) ([]*Refund, error) {
		found, err := p.batch.refunds.load(ctx, s.RefundsByPayment)
		return found[p.ID], err
	})
}

// DisputesOf returns the disputes of each payment, oldest first.
func (s *Service) DisputesOf(ctx context.Context, payments []*Payment) ([][]*Dispute, error) {
	return collect(payments, func(p *Payment) ([]*Dispute, error) {
		found, err := p.batch.disputes.load(ctx, s.DisputesByPayment)
		return found[p.ID], err
	})
}

// GiftCardsOf returns the gift cards of each payment, in the order of their use.
func (s *Service) GiftCardsOf(ctx context.Context, payments []*Payment) ([][]*GiftCardUse, error) {
	return collect(payments, func(p *Payment) ([]*GiftCardUse, error) {
		if p.Gift.Minor == 0 {
			return nil, nil
		}
		found, err := p.batch.giftCards.load(ctx, s.GiftCardsByPayment)
		return found[p.ID], err
	})
}

func batchDisputes(disputes []*Dispute) {
	batch := &lazyBatch[*Payment]{}
	for _, d := range disputes {
		batch.ids, d.batch = append(batch.ids, d.PaymentID), batch
	}
}

// PaymentsOfDisputes returns the payment of each dispute; nil if the viewer may not
// see it.
func (s *Service) PaymentsOfDisputes(ctx context.Context, v Viewer, disputes []*Dispute) ([]*Payment, error) {
	return collect(disputes, func(d *Dispute) (*Payment, error) { return s.paymentIn(ctx, v, d.batch, d.PaymentID) })
}

// refundBatch is shared by the refunds of one query.
type refundBatch struct {
	payments lazyBatch[*Payment]
	lines    lazyBatch[[]*RefundLine]
}

func batchRefunds(refunds []*Refund) {
	batch := &refundBatch{}
	for _, r := range refunds {
		r.batch = batch
		batch.payments.ids, batch.lines.ids = append(batch.payments.ids, r.PaymentID), append(batch.lines.ids, r.ID)
	}
}

// RefundLinesOf returns the lines that each refund is for.
func (s *Service) RefundLinesOf(ctx context.Context, refunds []*Refund) ([][]*RefundLine, error) {
	return collect(refunds, func(r *Refund) ([]*RefundLine, error) {
		found, err := r.batch.lines.load(ctx, s.RefundLines)
		return found[r.ID], err
	})
}

// PaymentsOf returns the payment of each refund; nil if the viewer may not see
// it.
func (s *Service) PaymentsOf(ctx context.Context, v Viewer, refunds []*Refund) ([]*Payment, error) {
	return collect(refunds, func(r *Refund) (*Payment, error) { return s.paymentIn(ctx, v, &r.batch.payments, r.PaymentID) })
}

// paymentIn returns one of the payments of a batch, which are read together.
func (s *Service) paymentIn(ctx context.Context, v Viewer, batch *lazyBatch[*Payment], paymentID string) (*Payment, error) {
	found, err := batch.load(ctx, func(ctx context.Context, ids []string) (map[string]*Payment, error) {
		payments, err := s.PaymentsByID(ctx, v, ids)
		byID := map[string]*Payment{}
		for i, p := range payments {
			byID[ids[i]] = p
		}
		return byID, err
	})
	return found[paymentID], err
}

func collect[T, R any](parents []T, field func(T) (R, error)) (results []R, err error) {
	results = make([]R, len(parents))
	for i, parent := range parents {
		if results[i], err = field(parent); err != nil {
			return nil, err
		}
	}
	return results, nil
}
