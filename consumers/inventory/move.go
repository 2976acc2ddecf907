package inventory

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cartograph/consumers/inventory/db"
	"cartograph/internal/event"
)

// move is a step of holds and what it does to each unit that they name.
type move struct {
	from, to                  Status
	available, reserved, sold int64
	reason                    string // in the ledger; empty where on hand stays the same
}

// The moves. In each, what one figure loses another gains.
var (
	sale     = move{from: Held, to: Committed, reserved: -1, sold: +1, reason: "SALE"}
	giveUp   = move{from: Held, to: Released, reserved: -1, available: +1}
	expiry   = move{from: Held, to: Expired, reserved: -1, available: +1}
	sendBack = move{from: Committed, to: Returned, sold: -1, available: +1, reason: "SALE_UNDONE"}
)

const (
	moveHolds = `
UPDATE holds SET status = $3, updated_at = now() WHERE checkout_id = ANY ($1) AND status = $2`

	lockHeldStock = `
SELECT FROM stock WHERE variant_id IN (SELECT variant_id FROM reservations WHERE checkout_id = ANY ($1))
ORDER BY variant_id FOR UPDATE`

	moveStock = `
UPDATE stock AS s
SET available = s.available + $2::bigint * r.quantity, reserved = s.reserved + $3::bigint * r.quantity,
    sold = s.sold + $4::bigint * r.quantity, version = s.version + 1, updated_at = now()
FROM (SELECT variant_id, sum(quantity)::bigint AS quantity FROM reservations
      WHERE checkout_id = ANY ($1) GROUP BY variant_id) AS r
WHERE s.variant_id = r.variant_id
RETURNING s.variant_id, s.available, s.reserved, s.sold, s.version, s.updated_at`

	writeSales = `
INSERT INTO stock_ledger (variant_id, delta, reason, actor, key)
SELECT variant_id, $2::bigint * quantity, $3, $4, checkout_id FROM reservations WHERE checkout_id = ANY ($1)`
)

// do moves holds that the caller has locked, and returns how the levels
// changed: one event a variant, however many holds.
func (m move) do(ctx context.Context, tx pgx.Tx, checkouts []string) ([]event.Payload, error) {
	var (
		moved  int64
		levels []event.Payload
		b      pgx.Batch
	)
	b.Queue(byKey)
	b.Queue(moveHolds, checkouts, m.from, m.to).Exec(func(tag pgconn.CommandTag) error {
		moved = tag.RowsAffected()
		return nil
	})
	b.Queue(lockHeldStock, checkouts)
	b.Queue(moveStock, checkouts, m.available, m.reserved, m.sold).Query(func(rows pgx.Rows) (err error) {
		levels, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (event.Payload, error) {
			var s db.Stock
			err := row.Scan(&s.VariantID, &s.Available, &s.Reserved, &s.Sold, &s.Version, &s.UpdatedAt)
			return levelChanged(s), err
		})
		return err
	})
	if m.reason != "" {
		b.Queue(writeSales, checkouts, m.available+m.reserved, m.reason, actor(ctx))
	}
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return nil, fmt.Errorf("move %d holds from %s to %s: %w", len(checkouts), m.from, m.to, err)
	}
	if moved != int64(len(checkouts)) {
		return nil, fmt.Errorf("move %d holds from %s to %s: %d moved", len(checkouts), m.from, m.to, moved)
	}
	return levels, nil
}

func levelChanged(s db.Stock) event.LevelChanged {
	return event.LevelChanged{
		VariantID: s.VariantID, OnHand: int(s.Available + s.Reserved), Reserved: int(s.Reserved), Available: int(s.Available),
		Version: s.Version, At: s.UpdatedAt.UTC().Truncate(time.Microsecond),
	}
}
