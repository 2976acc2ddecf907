package db

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// ScheduledPrice is a row of scheduled_prices.
type ScheduledPrice struct {
	VariantID      string     `json:"variant_id"`
	Currency       string     `json:"currency"`
	EffectiveAt    time.Time  `json:"effective_at"`
	UntilAt        *time.Time `json:"until_at"`
	PriceMinor     int64      `json:"price_minor"`
	CompareAtMinor *int64     `json:"compare_at_minor"`
	IsReturn       bool       `json:"is_return"`
}

// setPrices is the only statement that writes prices, so that the history has all of
// them. The row that ends is closed before the one that begins is inserted: a variant
// has one present price in a currency.
//
// lowest_before is the lowest price of the 30 days before a reduction, which includes
// the price that it reduces. It is kept while the reduced price stays the same.
//
// The prices that are given are regular ones. Where a flash sale is active, its price
// stays in effect, reduced from the new regular one; if that is lower, it takes effect.
const setPrices = `
WITH moment AS MATERIALIZED (
    SELECT clock_timestamp() AS at -- not now(): the transaction may have waited for locks
), regular AS (
    SELECT variant_id, currency, price_minor, compare_at_minor FROM jsonb_populate_recordset(NULL::variant_prices, $1)
), kept AS (
    UPDATE flash_sale_items i SET regular_minor = r.price_minor, regular_compare_at_minor = r.compare_at_minor
    FROM regular r WHERE i.active AND i.variant_id = r.variant_id AND i.currency = r.currency
), given AS (
    SELECT r.variant_id, r.currency, least(i.price_minor, r.price_minor) AS price_minor,
           CASE WHEN i.price_minor < r.price_minor THEN r.price_minor ELSE r.compare_at_minor END AS compare_at_minor
    FROM regular r LEFT JOIN flash_sale_items i ON i.active AND i.variant_id = r.variant_id AND i.currency = r.currency
), changed AS (
    INSERT INTO variant_prices AS p (variant_id, currency, price_minor, compare_at_minor, lowest_before_minor)
    SELECT g.variant_id, g.currency, g.price_minor, g.compare_at_minor,
           CASE WHEN g.compare_at_minor IS NOT NULL THEN (
               SELECT min(h.price_minor) FROM price_history h, moment
               WHERE h.variant_id = g.variant_id AND h.currency = g.currency
                 AND (h.valid_until IS NULL OR h.valid_until > moment.at - interval '30 days')) END
    FROM given g
    ORDER BY g.variant_id, g.currency
    ON CONFLICT (variant_id, currency) DO UPDATE
    SET price_minor = excluded.price_minor, compare_at_minor = excluded.compare_at_minor,
        lowest_before_minor = CASE WHEN p.price_minor = excluded.price_minor AND p.compare_at_minor IS NOT NULL AND excluded.compare_at_minor IS NOT NULL
                                   THEN p.lowest_before_minor ELSE excluded.lowest_before_minor END
    WHERE (p.price_minor, p.compare_at_minor) IS DISTINCT FROM (excluded.price_minor, excluded.compare_at_minor)
    RETURNING p.variant_id, p.currency, p.price_minor, p.compare_at_minor
), ended AS (
    UPDATE price_history h SET valid_until = greatest(moment.at, h.valid_from)
    FROM changed c, moment
    WHERE h.variant_id = c.variant_id AND h.currency = c.currency AND h.valid_until IS NULL
    RETURNING h.variant_id
), begun AS (
    INSERT INTO price_history (variant_id, currency, valid_from, price_minor, compare_at_minor)
    SELECT c.variant_id, c.currency, moment.at, c.price_minor, c.compare_at_minor
    FROM changed c, moment
    WHERE (SELECT count(*) FROM ended) >= 0 -- after it
)
SELECT DISTINCT variant_id FROM changed`

// SetPrices sets regular prices and returns the variants of which a price changed.
func (q *Queries) SetPrices(ctx context.Context, prices []PriceImport) ([]string, error) {
	if len(prices) == 0 {
		return nil, nil
	}
	rows, err := q.db.Query(ctx, setPrices, prices)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

const endPrices = `
WITH gone AS (
    DELETE FROM variant_prices r
    WHERE r.variant_id = ANY ($1) AND (r.variant_id, r.currency) NOT IN (
        SELECT variant_id, currency FROM jsonb_populate_recordset(NULL::variant_prices, $2))
    RETURNING r.variant_id, r.currency
)
UPDATE price_history h SET valid_until = greatest(clock_timestamp(), h.valid_from)
FROM gone WHERE h.variant_id = gone.variant_id AND h.currency = gone.currency AND h.valid_until IS NULL`

// EndPrices removes the prices of variants in all currencies but those given.
func (q *Queries) EndPrices(ctx context.Context, variantIDs []string, except []PriceImport) error {
	_, err := q.db.Exec(ctx, endPrices, variantIDs, except)
	return err
}

const takeScheduled = `
DELETE FROM scheduled_prices s USING variants v
WHERE v.id = s.variant_id AND v.product_id = ANY ($1) AND (s.effective_at <= $2 OR s.is_return)
RETURNING s.variant_id, s.currency, s.effective_at, s.until_at, s.price_minor, s.compare_at_minor, s.is_return`

// TakeScheduled removes the prices of products that are due, and those that end
// another price at any time, and returns them.
func (q *Queries) TakeScheduled(ctx context.Context, productIDs []string, at time.Time) ([]ScheduledPrice, error) {
	rows, err := q.db.Query(ctx, takeScheduled, productIDs, at)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByNameLax[ScheduledPrice])
}

const schedulePrices = `
INSERT INTO scheduled_prices (variant_id, currency, effective_at, until_at, price_minor, compare_at_minor, is_return)
SELECT variant_id, currency, effective_at, until_at, price_minor, compare_at_minor, is_return
FROM jsonb_populate_recordset(NULL::scheduled_prices, $1)
ON CONFLICT (variant_id, currency, effective_at) DO UPDATE
SET until_at = excluded.until_at, price_minor = excluded.price_minor, compare_at_minor = excluded.compare_at_minor, is_return = excluded.is_return`

// SchedulePrices stores prices that take effect later, in place of those at the same
// times.
func (q *Queries) SchedulePrices(ctx context.Context, prices []ScheduledPrice) error {
	if len(prices) == 0 {
		return nil
	}
	_, err := q.db.Exec(ctx, schedulePrices, prices)
	return err
}

const fullSchedules = `
SELECT variant_id FROM scheduled_prices WHERE variant_id = ANY ($1) AND NOT is_return
GROUP BY variant_id HAVING count(*) > $2`

// FullSchedules are those of the variants that have more scheduled prices than the limit,
// in all currencies. Returns do not count: each price in effect has one at most.
func (q *Queries) FullSchedules(ctx context.Context, variantIDs []string, limit int) ([]string, error) {
	rows, err := q.db.Query(ctx, fullSchedules, variantIDs, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

const pruneHistory = `
DELETE FROM price_history h USING (
    SELECT variant_id, currency, valid_from FROM price_history
    WHERE valid_until <= now() - interval '30 days'
    ORDER BY valid_until LIMIT $1 FOR UPDATE SKIP LOCKED) AS old
WHERE h.variant_id = old.variant_id AND h.currency = old.currency AND h.valid_from = old.valid_from`

// PruneHistory deletes a batch of the prices that ended too long ago to be the lowest
// before a reduction, by the clock that setPrices compares them with. It returns how many
// were deleted.
func (q *Queries) PruneHistory(ctx context.Context, batch int) (int64, error) {
	tag, err := q.db.Exec(ctx, pruneHistory, batch)
	return tag.RowsAffected(), err
}

const scheduledPrices = `
SELECT variant_id, currency, effective_at, until_at, price_minor, compare_at_minor, is_return
FROM scheduled_prices WHERE variant_id = ANY ($1) ORDER BY effective_at, currency`

// ScheduledPrices are the prices of variants that take effect later, the earliest
// first.
func (q *Queries) ScheduledPrices(ctx context.Context, variantIDs []string) ([]ScheduledPrice, error) {
	rows, err := q.db.Query(ctx, scheduledPrices, variantIDs)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByNameLax[ScheduledPrice])
}

const cancelScheduled = `
DELETE FROM scheduled_prices s USING jsonb_populate_recordset(NULL::scheduled_prices, $1) g
WHERE s.variant_id = g.variant_id AND s.currency = g.currency AND s.effective_at = g.effective_at AND NOT s.is_return
RETURNING s.variant_id, s.currency, s.effective_at, s.until_at, s.price_minor, s.compare_at_minor, s.is_return`

// CancelScheduled removes the prices of the given variants, currencies and times, and
// returns those that were there.
func (q *Queries) CancelScheduled(ctx context.Context, prices []ScheduledPrice) ([]ScheduledPrice, error) {
	rows, err := q.db.Query(ctx, cancelScheduled, prices)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByNameLax[ScheduledPrice])
}
