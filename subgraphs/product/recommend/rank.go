package recommend

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
	"cartograph/internal/outbox"
	"cartograph/internal/wakeup"
	"cartograph/subgraphs/product/db"
)

const (
	rankBatch = 500             // products in one transaction
	rankPoll  = 5 * time.Second // how far the order of best sellers follows sales
)

// RunRanks publishes how well products sell until ctx ends. What changes little is not
// published: see the function sales_rank.
func (s *Service) RunRanks(ctx context.Context) error {
	for ctx.Err() == nil {
		n, err := s.PublishRanks(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "publish ranks of products failed, retrying", "err", err)
		}
		if n < rankBatch {
			wakeup.Sleep(ctx, rankPoll)
		}
	}
	return nil
}

// PublishRanks publishes a batch of ranks that changed and returns its size.
func (s *Service) PublishRanks(ctx context.Context) (n int, err error) {
	err = s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		rows, err := db.New(tx).TakeUnpublishedRanks(ctx, rankBatch)
		if n = len(rows); err != nil || n == 0 {
			return err
		}
		events := make([]event.Payload, n)
		for i, row := range rows {
			events[i] = event.ProductRankChanged{ProductID: row.ProductID, Rank: row.PublishedRank, Version: row.Published}
		}
		return outbox.Write(ctx, tx, events...)
	})
	if err != nil {
		return 0, fmt.Errorf("publish ranks of products: %w", err)
	}
	return n, nil
}
