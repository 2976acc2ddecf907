package payment

import (
	"context"
	"sync"
)

// together are things that were read at once, perhaps for several lists. What
// is asked about one of them is read for all, so that lists within lists cost
// one statement.
type together[T any] struct {
	ids   []string
	once  sync.Once
	found map[string]T
	err   error
}

// of gives what belongs to each id, which load reads for all ids.
func (t *together[T]) of(ctx context.Context, load func(context.Context, []string) (map[string]T, error)) (map[string]T, error) {
	t.once.Do(func() { t.found, t.err = load(ctx, t.ids) })
	return t.found, t.err
}

// payments that were read at once.
type paymentsTogether struct {
	transactions together[[]*Transaction]
	refunds      together[[]*Refund]
}

func readTogether(payments []*Payment) {
	ids := make([]string, len(payments))
	group := &paymentsTogether{}
	for i, p := range payments {
		ids[i], p.group = p.ID, group
	}
	group.transactions.ids, group.refunds.ids = ids, ids
}

// Transactions gives the transactions of each payment, oldest first.
func (s *Service) Transactions(ctx context.Context, payments []*Payment) ([][]*Transaction, error) {
	return each(payments, func(p *Payment) ([]*Transaction, error) {
		found, err := p.group.transactions.of(ctx, s.TransactionsOf)
		return found[p.ID], err
	})
}

// RefundsOf gives the refunds of each payment, oldest first.
func (s *Service) RefundsOf(ctx context.Context, payments []*Payment) ([][]*Refund, error) {
	return each(payments, func(p *Payment) ([]*Refund, error) {
		found, err := p.group.refunds.of(ctx, s.RefundsByPayment)
		return found[p.ID], err
	})
}

func refundsReadTogether(refunds []*Refund) {
	group := &together[*Payment]{}
	for _, r := range refunds {
		group.ids, r.group = append(group.ids, r.PaymentID), group
	}
}

// PaymentsOf gives the payment that each refund gives back from.
func (s *Service) PaymentsOf(ctx context.Context, v Viewer, refunds []*Refund) ([]*Payment, error) {
	return each(refunds, func(r *Refund) (*Payment, error) {
		found, err := r.group.of(ctx, func(ctx context.Context, ids []string) (map[string]*Payment, error) {
			payments, err := s.PaymentsByID(ctx, v, ids)
			byID := map[string]*Payment{}
			for i, p := range payments {
				byID[ids[i]] = p
			}
			return byID, err
		})
		return found[r.PaymentID], err
	})
}

func each[T, R any](things []T, fn func(T) (R, error)) (results []R, err error) {
	results = make([]R, len(things))
	for i, thing := range things {
		if results[i], err = fn(thing); err != nil {
			return nil, err
		}
	}
	return results, nil
}
