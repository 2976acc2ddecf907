package cart

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
	"cartograph/internal/outbox"
	"cartograph/internal/wakeup"
	"cartograph/subgraphs/cart/db"
)

const abandonBatch = 200

// RunAbandon marks carts as abandoned that nobody has changed for Config.AbandonAfter,
// until ctx ends. Any number of replicas may run it: each skips rows that are locked.
func (s *Service) RunAbandon(ctx context.Context) error {
	for {
		n, err := s.Abandon(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "job failed", "job", "abandon", "err", err)
		}
		if n == abandonBatch && err == nil {
			continue // there may be more
		}
		if !wakeup.Sleep(ctx, s.cfg.AbandonEvery) {
			return nil
		}
	}
}

// Abandon marks one batch of carts as abandoned and returns its size. Those with lines
// are reported in the same transaction. The next change ends it.
func (s *Service) Abandon(ctx context.Context) (int, error) {
	var abandoned []db.AbandonCartsRow
	err := s.outbox.InTx(ctx, func(tx pgx.Tx) (err error) {
		abandoned, err = db.New(tx).AbandonCarts(ctx, db.AbandonCartsParams{
			AfterSeconds: float64(s.cfg.AbandonAfter) / float64(time.Second), Size: abandonBatch,
		})
		if err != nil {
			return err
		}
		var events []event.Payload
		for _, c := range abandoned {
			if c.HasLines {
				events = append(events, event.CartAbandoned{CartID: c.ID, OwnerID: c.OwnerID})
			}
		}
		return outbox.Write(ctx, tx, events...)
	})
	if err != nil {
		return 0, fmt.Errorf("abandon carts: %w", err)
	}
	for _, c := range abandoned {
		s.changes.Notify(c.ID)
	}
	return len(abandoned), nil
}
