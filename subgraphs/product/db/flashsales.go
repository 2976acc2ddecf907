package db

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// FlashSale is a sale with the items that a reader sees.
type FlashSale struct {
	ID, SellerID, Title string
	StartsAt, EndsAt    time.Time
	Version             int64
	ReadAt              time.Time // by the database's clock
	Items               []FlashSaleItem
}

// FlashSaleItem is what a sale offers of a variant.
type FlashSaleItem struct {
	VariantID      string `json:"variant_id"`
	ProductID      string `json:"product_id"`
	Currency       string `json:"currency"`
	PriceMinor     int64  `json:"price_minor"`
	Allocated      int    `json:"allocated"`
	MaxPerCustomer int    `json:"max_per_customer"`
	Position       int    `json:"position"`
	Active         bool   `json:"active"`
	Held           int    `json:"held"`
	Sold           int    `json:"sold"`
}

// Reader is who reads: what is not published is seen by its seller and by staff.
type Reader struct {
	SellerID string // empty: none
	All      bool
}

// Without an item that the reader sees, a sale is seen by its seller and by staff only.
const flashSales = `
SELECT s.id, s.seller_id, s.title, s.starts_at, s.ends_at, s.version, statement_timestamp() AS read_at, coalesce(visible.items, '[]') AS items
FROM flash_sales s
CROSS JOIN LATERAL (
    SELECT jsonb_agg(to_jsonb(i) || jsonb_build_object('product_id', p.id) ORDER BY i.position, i.variant_id) AS items
    FROM flash_sale_items i JOIN variants v ON v.id = i.variant_id JOIN products p ON p.id = v.product_id
    WHERE i.sale_id = s.id AND NOT i.removed AND (p.status = 'PUBLISHED' OR $1 OR p.seller_id = nullif($2, ''))
) AS visible
WHERE ($1 OR s.seller_id = nullif($2, '') OR visible.items IS NOT NULL) AND `

// FlashSales are the sales with the ids.
func (q *Queries) FlashSales(ctx context.Context, r Reader, ids []string) ([]FlashSale, error) {
	rows, err := q.db.Query(ctx, flashSales+"s.id = ANY ($3)", r.All, r.SellerID, ids)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[FlashSale])
}

// FlashSalesSince are the sales that end later than a time before now: first those that
// have not ended, and of each the first to start first.
func (q *Queries) FlashSalesSince(ctx context.Context, r Reader, before time.Duration, most int) ([]FlashSale, error) {
	rows, err := q.db.Query(ctx, flashSales+`s.ends_at > statement_timestamp() - $3::interval
ORDER BY s.ends_at <= statement_timestamp(), s.starts_at, s.id LIMIT $4`, r.All, r.SellerID, before, most)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[FlashSale])
}

// LockFlashSale waits for other changes of a sale of the seller, or of any seller, and
// reports whether there is one.
func (q *Queries) LockFlashSale(ctx context.Context, r Reader, id string) (found bool, err error) {
	tag, err := q.db.Exec(ctx, "SELECT FROM flash_sales WHERE id = $3 AND ($1 OR seller_id = $2) FOR UPDATE", r.All, r.SellerID, id)
	return tag.RowsAffected() > 0, err
}

const storeFlashSale = `
WITH sale AS (
    INSERT INTO flash_sales AS s (id, seller_id, title, starts_at, ends_at, version) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (id) DO UPDATE
    SET title = excluded.title, starts_at = excluded.starts_at, ends_at = excluded.ends_at, version = excluded.version, updated_at = now()
), gone AS (
    UPDATE flash_sale_items i SET removed = true
    WHERE i.sale_id = $1 AND i.variant_id NOT IN (SELECT variant_id FROM jsonb_populate_recordset(NULL::flash_sale_items, $7))
)
INSERT INTO flash_sale_items AS i (sale_id, variant_id, currency, price_minor, allocated, max_per_customer, position)
SELECT $1, variant_id, currency, price_minor, allocated, max_per_customer, position FROM jsonb_populate_recordset(NULL::flash_sale_items, $7)
ON CONFLICT (sale_id, variant_id) DO UPDATE
SET currency = excluded.currency, price_minor = excluded.price_minor, allocated = excluded.allocated,
    max_per_customer = excluded.max_per_customer, position = excluded.position, removed = false`

// StoreFlashSale inserts a sale, or replaces its terms.
func (q *Queries) StoreFlashSale(ctx context.Context, s FlashSale) error {
	_, err := q.db.Exec(ctx, storeFlashSale, s.ID, s.SellerID, s.Title, s.StartsAt, s.EndsAt, s.Version, s.Items)
	return err
}

const overlappingSales = `
SELECT DISTINCT i.variant_id FROM flash_sale_items i JOIN flash_sales s ON s.id = i.sale_id
WHERE i.variant_id = ANY ($1) AND NOT i.removed AND s.id <> $2 AND s.starts_at < $4 AND s.ends_at > $3`

// OnOtherSales are those of the variants that other sales offer in a part of the time.
func (q *Queries) OnOtherSales(ctx context.Context, variantIDs []string, saleID string, from, until time.Time) ([]string, error) {
	rows, err := q.db.Query(ctx, overlappingSales, variantIDs, saleID, from, until)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// RegularPrices are the prices of variants without flash sales.
func (q *Queries) RegularPrices(ctx context.Context, variantIDs []string) ([]PriceImport, error) {
	rows, err := q.db.Query(ctx, "SELECT variant_id, currency, price_minor, compare_at_minor FROM regular_prices WHERE variant_id = ANY ($1)", variantIDs)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[PriceImport])
}

// SaleSlot is the price of a variant in the currency of a sale that has begun or begins.
type SaleSlot struct {
	SaleID                string `json:"sale_id"`
	VariantID             string `json:"variant_id"`
	Currency              string `json:"currency"`
	Active                bool   `json:"active"`
	Due                   bool   `json:"-"` // it is to be active
	RegularMinor          *int64 `json:"regular_minor"`
	RegularCompareAtMinor *int64 `json:"regular_compare_at_minor"`
}

const saleSlots = `
SELECT st.sale_id, st.variant_id, st.currency, st.active, st.due, st.regular_minor, st.regular_compare_at_minor
FROM flash_sale_states st JOIN variants v ON v.id = st.variant_id
WHERE v.product_id = ANY ($1) AND (st.active OR st.due)`

// SaleSlots are the slots of products whose sales are, or are to be, in effect.
func (q *Queries) SaleSlots(ctx context.Context, productIDs []string) ([]SaleSlot, error) {
	rows, err := q.db.Query(ctx, saleSlots, productIDs)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[SaleSlot])
}

const switchSales = `
UPDATE flash_sale_items i SET active = g.active, regular_minor = g.regular_minor, regular_compare_at_minor = g.regular_compare_at_minor
FROM jsonb_populate_recordset(NULL::flash_sale_items, $1) g
WHERE i.sale_id = g.sale_id AND i.variant_id = g.variant_id`

// SwitchSales ends and begins sales. Those that end go first: a variant has one active
// sale.
func (q *Queries) SwitchSales(ctx context.Context, ended, begun []SaleSlot) error {
	for _, slots := range [][]SaleSlot{ended, begun} {
		if len(slots) == 0 {
			continue
		}
		if _, err := q.db.Exec(ctx, switchSales, slots); err != nil {
			return err
		}
	}
	return nil
}
