package order

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
	"cartograph/internal/inbox"
	"cartograph/subgraphs/order/db"
)

// onReturned registers what the shipping service reports of returns.
func (s *Service) onReturned(m *inbox.Mux) {
	onReturn(s, m, func(p event.ReturnLabelCreated) string { return p.ReturnID }, func(p event.ReturnLabelCreated, r *Return, at time.Time) (returnStep, bool) {
		return r.labelled(p.Carrier, p.TrackingNumber, p.LabelURL, at)
	})
	onReturn(s, m, func(p event.ReturnMoved) string { return p.ReturnID }, func(p event.ReturnMoved, r *Return, at time.Time) (returnStep, bool) {
		return r.carried(ShipmentStatus(p.Status), at, earlier(p.At, at).Add(s.cfg.ReturnWithin))
	})
}

func onReturn[P event.Payload](s *Service, m *inbox.Mux, returnID func(P) string, apply func(P, *Return, time.Time) (returnStep, bool)) {
	inbox.OnDirect(m, func(ctx context.Context, payload P, e event.Envelope) error {
		err := m.Once(ctx, e, func(ctx context.Context, tx pgx.Tx) error {
			l, err := s.lock(ctx, tx, db.LockCheckoutParams{ID: e.Subject, Everyones: true}, true)
			if err != nil {
				return err
			}
			var r *Return
			if l != nil && l.Order != nil {
				if r, err = l.lockReturn(ctx, returnID(payload)); err != nil {
					return err
				}
			}
			if r == nil {
				s.log.WarnContext(ctx, "report of a return dropped", "return_id", returnID(payload), "err", "no such return")
				return nil
			}
			from := r.before()
			step, changed := apply(payload, r, l.Checkout.ReadAt)
			if !changed {
				return nil
			}
			return s.saveReturn(ctx, l, from, r, step, BySystem)
		})
		if err != nil {
			return err
		}
		s.changed.Notify(e.Subject)
		return nil
	})
}

const expireBatch = 50

// RunReturnExpiry ends returns of which nothing was reported in time, until ctx ends. Any
// number of replicas may run it: each skips rows that are locked.
func (s *Service) RunReturnExpiry(ctx context.Context) error {
	return s.runEvery(ctx, "expire returns", s.cfg.SweepEvery, s.expireReturns)
}

func (s *Service) expireReturns(ctx context.Context) (more bool, err error) {
	var expired []string
	err = s.out.InTx(ctx, func(tx pgx.Tx) error {
		expired = nil // the transaction may be retried
		rows, err := db.New(tx).CheckoutsOfDueReturns(ctx, expireBatch)
		if err != nil {
			return fmt.Errorf("find due returns: %w", err)
		}
		all := make([]db.CheckoutsRow, len(rows))
		for i, row := range rows {
			all[i] = db.CheckoutsRow(row)
		}
		purchases, err := lockedPurchases(ctx, tx, all)
		if err != nil {
			return err
		}
		for _, l := range purchases {
			if err := s.expireReturnsOf(ctx, l); err != nil {
				return fmt.Errorf("expire returns of %s: %w", l.Order.ID, err)
			}
			expired = append(expired, l.Checkout.ID)
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	s.changed.Notify(expired...)
	return len(expired) == expireBatch, nil
}

// expireReturnsOf expires one return that is due: each raises the version of the purchase
// that the next has to start from.
func (s *Service) expireReturnsOf(ctx context.Context, l *locked) error {
	due, err := l.q.LockDueReturns(ctx, l.Order.ID)
	if err != nil || len(due) == 0 {
		return err
	}
	r, err := l.lockedReturn(ctx, due[0])
	if err != nil {
		return err
	}
	from := r.before()
	step, changed := r.expire(l.Checkout.ReadAt)
	if !changed {
		return nil
	}
	return s.saveReturn(ctx, l, from, r, step, BySystem)
}
