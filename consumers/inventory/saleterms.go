package inventory

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/consumers/inventory/db"
	"cartograph/internal/event"
	"cartograph/internal/outbox"
)

// flashSaleChanged stores the terms of a sale and publishes the figures of its items,
// which also confirms that no more than its quotas is sold from now on. An older version
// than the stored one changes nothing.
func flashSaleChanged(ctx context.Context, tx pgx.Tx, p event.FlashSaleChanged, _ event.Envelope) error {
	q := db.New(tx)
	stored, err := q.StoreFlashSale(ctx, db.StoreFlashSaleParams{SaleID: p.SaleID, Version: p.Version, StartsAt: p.StartsAt, EndsAt: p.EndsAt})
	if err != nil || stored == 0 {
		return err
	}
	variants, err := q.VariantsOfFlashSale(ctx, p.SaleID)
	if err != nil {
		return err
	}
	items := db.StoreFlashSaleItemsParams{SaleID: p.SaleID}
	for _, i := range p.Items {
		variants = append(variants, i.VariantID)
		items.VariantIDs, items.Currencies = append(items.VariantIDs, i.VariantID), append(items.Currencies, i.Currency)
		items.Allocated, items.Most = append(items.Allocated, int64(i.Allocated)), append(items.Most, int64(i.MaxPerCustomer))
	}
	variants = sorted(variants)
	if err := q.EnsureStocks(ctx, variants); err != nil {
		return err
	}
	if err := q.LockStocks(ctx, variants); err != nil {
		return err
	}
	rows, err := q.StoreFlashSaleItems(ctx, items)
	if err != nil {
		return fmt.Errorf("store items of %s: %w", p.SaleID, err)
	}
	events := make([]event.Payload, len(rows))
	for n, row := range rows {
		events[n] = event.FlashSaleClaimed{
			SaleID: p.SaleID, VariantID: row.VariantID, SaleVersion: p.Version, Allocated: int(row.Allocated), Held: int(row.Held), Sold: int(row.Sold),
			Version: row.Version, At: row.At.UTC().Truncate(time.Microsecond),
		}
	}
	return outbox.Write(ctx, tx, events...)
}
