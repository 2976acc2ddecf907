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

// transition is a row of the table of Status, and its effect on the stock for each
// unit of a hold. Each moves units between two columns, so that their sum changes
// only by what reason enters into the ledger.
type transition struct {
	from, to                  Status
	available, reserved, sold int64
	reason                    string // of the ledger entry; empty if on hand does not change
}

// The transitions.
var (
	commitHold  = transition{from: Held, to: Committed, reserved: -1, sold: +1, reason: "SALE"}
	releaseHold = transition{from: Held, to: Released, reserved: -1, available: +1}
	expireHold  = transition{from: Held, to: Expired, reserved: -1, available: +1}
	returnSold  = transition{from: Committed, to: Returned, sold: -1, available: +1, reason: "SALE_UNDONE"}
)

const (
	updateHoldStatus = `
UPDATE holds SET status = $3, updated_at = now() WHERE checkout_id = ANY ($1) AND status = $2`

	lockHeldStock = `
SELECT FROM stock WHERE variant_id IN (SELECT variant_id FROM reservations WHERE checkout_id = ANY ($1))
ORDER BY variant_id FOR UPDATE`

	updateHeldStock = `
UPDATE stock AS s
SET available = s.available + $2::bigint * r.quantity, reserved = s.reserved + $3::bigint * r.quantity,
    guest_reserved = s.guest_reserved + $3::bigint * r.by_guests,
    sold = s.sold + $4::bigint * r.quantity, version = s.version + 1, updated_at = now()
FROM (SELECT variant_id, sum(quantity)::bigint AS quantity, coalesce(sum(quantity) FILTER (WHERE guest), 0)::bigint AS by_guests
      FROM reservations JOIN holds USING (checkout_id)
      WHERE checkout_id = ANY ($1) GROUP BY variant_id) AS r
WHERE s.variant_id = r.variant_id
RETURNING s.variant_id, s.available, s.reserved, s.sold, s.version, s.updated_at`

	moveClaims = `
WITH moved AS (
    SELECT r.variant_id, r.flash_sale_id AS sale_id, h.holder, sum(r.quantity)::bigint AS units
    FROM reservations r JOIN holds h USING (checkout_id)
    WHERE r.checkout_id = ANY ($1) AND r.flash_sale_id IS NOT NULL GROUP BY 1, 2, 3
), claims AS (
    UPDATE flash_sale_claims c SET units = c.units + ($2::bigint + $3::bigint) * m.units FROM moved m
    WHERE c.variant_id = m.variant_id AND c.holder = m.holder AND c.sale_id = m.sale_id AND $2::bigint + $3::bigint <> 0
)
UPDATE flash_sale_items i SET held = i.held + $2::bigint * m.units, sold = i.sold + $3::bigint * m.units, version = i.version + 1
FROM (SELECT variant_id, sale_id, sum(units)::bigint AS units FROM moved GROUP BY 1, 2) m, flash_sales s
WHERE i.variant_id = m.variant_id AND i.sale_id = m.sale_id AND s.sale_id = i.sale_id
RETURNING i.variant_id, i.sale_id, s.version, i.allocated, i.held, i.sold, i.version, now()`

	insertSales = `
INSERT INTO stock_ledger (variant_id, delta, reason, actor, key)
SELECT variant_id, $2::bigint * quantity, $3, $4, checkout_id FROM reservations WHERE checkout_id = ANY ($1)`
)

// apply applies the transition to holds that the caller has locked, and returns the
// changed levels and claims on flash sales: one event for each variant, however many
// holds. onSale is false if no line of theirs has the price of a flash sale.
func (t transition) apply(ctx context.Context, tx pgx.Tx, checkouts []string, onSale bool) ([]event.Payload, error) {
	var (
		updated int64
		levels  []event.Payload
		b       pgx.Batch
	)
	b.Queue(disableSeqscan)
	b.Queue(updateHoldStatus, checkouts, t.from, t.to).Exec(func(tag pgconn.CommandTag) error {
		updated = tag.RowsAffected()
		return nil
	})
	b.Queue(lockHeldStock, checkouts)
	b.Queue(updateHeldStock, checkouts, t.available, t.reserved, t.sold).Query(func(rows pgx.Rows) (err error) {
		levels, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (event.Payload, error) {
			var s db.Stock
			err := row.Scan(&s.VariantID, &s.Available, &s.Reserved, &s.Sold, &s.Version, &s.UpdatedAt)
			return levelChanged(s), err
		})
		return err
	})
	if onSale {
		b.Queue(moveClaims, checkouts, t.reserved, t.sold).Query(func(rows pgx.Rows) error {
			claims, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (event.Payload, error) {
				var i saleItem
				var at time.Time
				err := row.Scan(&i.variantID, &i.saleID, &i.saleVersion, &i.allocated, &i.held, &i.sold, &i.version, &at)
				return i.claimed(at), err
			})
			levels = append(levels, claims...)
			return err
		})
	}
	if t.reason != "" {
		b.Queue(insertSales, checkouts, t.available+t.reserved, t.reason, actor(ctx))
	}
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return nil, fmt.Errorf("move %d holds from %s to %s: %w", len(checkouts), t.from, t.to, err)
	}
	if updated != int64(len(checkouts)) {
		return nil, fmt.Errorf("move %d holds from %s to %s: %d updated", len(checkouts), t.from, t.to, updated)
	}
	return levels, nil
}

func levelChanged(s db.Stock) event.LevelChanged {
	return event.LevelChanged{
		VariantID: s.VariantID, OnHand: int(s.Available + s.Reserved), Reserved: int(s.Reserved), Available: int(s.Available),
		Version: s.Version, At: s.UpdatedAt.UTC().Truncate(time.Microsecond),
	}
}
