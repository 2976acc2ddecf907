package inventory

import (
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
)

// A flash sale sells some units of a variant at its price, and a few to each customer.
// Whoever was quoted that price names the sale with the line, and what is held for the
// line counts towards the quota until it is released, expires or is returned. The quota
// is used up once all of it is sold. While a part of it is only held, customers wait for
// that part in the variant's line, as for scarce stock.
//
// The price is the catalogue's. It applies from when the catalogue has heard that the
// quota is stored here, so that no line names a sale that is unknown.

const (
	// Only of sales that go on: a quote of one that has ended is not held.
	readSaleItems = `
SELECT i.variant_id, i.sale_id, i.currency, i.allocated, i.max_per_customer, i.held, i.sold, i.version, s.version, s.starts_at
FROM flash_sale_items i JOIN flash_sales s USING (sale_id) WHERE i.variant_id = ANY ($1) AND i.offered AND s.ends_at > now()`

	readSaleClaims = `
SELECT variant_id, sale_id, holder, units FROM flash_sale_claims WHERE variant_id = ANY ($1) AND holder = ANY ($2)`

	updateSaleItems = `
UPDATE flash_sale_items AS i SET held = g.held, version = g.version
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) AS g (variant_id, sale_id, held, version)
WHERE i.variant_id = g.variant_id AND i.sale_id = g.sale_id`

	writeSaleClaims = `
INSERT INTO flash_sale_claims (variant_id, sale_id, holder, units)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
ON CONFLICT (variant_id, holder, sale_id) DO UPDATE SET units = excluded.units`
)

// saleKey identifies an item of a sale.
type saleKey struct{ variantID, saleID string }

// saleItem is what a sale offers of a variant, and what is claimed of it.
type saleItem struct {
	saleKey
	currency             string
	allocated, most      int64 // most is that of one customer
	held, sold           int64
	version, saleVersion int64
	startsAt             time.Time
}

// left is what can be held now.
func (i *saleItem) left() int64 { return max(i.allocated-i.held-i.sold, 0) }

func (i *saleItem) claimed(at time.Time) event.FlashSaleClaimed {
	return event.FlashSaleClaimed{
		SaleID: i.saleID, VariantID: i.variantID, SaleVersion: i.saleVersion, Allocated: int(i.allocated), Held: int(i.held), Sold: int(i.sold),
		Version: i.version, At: at.UTC().Truncate(time.Microsecond),
	}
}

// claimKey identifies what one customer has claimed of an item.
type claimKey struct {
	saleKey
	holder string
}

// sales are the items of the variants of a transaction, with what it changes.
type sales struct {
	items   map[saleKey]*saleItem
	claims  map[claimKey]int64
	changed map[saleKey]*saleItem
	written map[claimKey]bool
}

func newSales() *sales {
	return &sales{map[saleKey]*saleItem{}, map[claimKey]int64{}, map[saleKey]*saleItem{}, map[claimKey]bool{}}
}

// onSale reports whether a line has the price of a sale.
func onSale(requests []Request) bool {
	return slices.ContainsFunc(requests, func(r Request) bool {
		return slices.ContainsFunc(r.Lines, func(l event.Line) bool { return l.FlashSaleID != "" })
	})
}

// current returns the lines with the sales at whose prices a cart in a currency is
// quoted now, where they name none. A sale that is used up is over: its price does not
// apply.
func (s *sales) current(lines []event.Line, currency string, now time.Time) []event.Line {
	if len(s.items) == 0 {
		return lines
	}
	lines = slices.Clone(lines)
	for n, l := range lines {
		for _, i := range s.items {
			if l.FlashSaleID == "" && i.variantID == l.VariantID && i.currency == currency && !i.startsAt.After(now) && i.sold < i.allocated {
				lines[n].FlashSaleID = i.saleID
			}
		}
	}
	return lines
}

// refused returns the lines of which a sale does not sell so many, to anybody or to this
// customer: waiting does not help.
func (s *sales) refused(h holder, lines []event.Line) []event.Shortage {
	var refused []event.Shortage
	for _, l := range lines {
		if l.FlashSaleID == "" {
			continue
		}
		short := event.Shortage{VariantID: l.VariantID, Requested: l.Quantity, Limit: event.LimitOfFlashSale}
		item := s.items[saleKey{l.VariantID, l.FlashSaleID}]
		switch {
		case item == nil: // it has ended, or does not offer the variant any more
		case item.allocated-item.sold < int64(l.Quantity):
			short.Available = int(item.left())
		default:
			left := item.most - s.claims[claimKey{item.saleKey, h.id}]
			if h.id == "" || left >= int64(l.Quantity) {
				continue
			}
			short.Limit, short.Available = event.LimitOfFlashSaleCustomer, int(max(min(left, item.left()), 0))
		}
		refused = append(refused, short)
	}
	return refused
}

// within returns the stock of the lines, bounded by the quotas of their sales: what is
// available and reserved of a scarce quota instead of the variant's.
func (s *sales) within(lines []event.Line, stock stockRows) stockRows {
	if len(s.items) == 0 {
		return stock
	}
	bounded := make(stockRows, len(lines))
	for _, l := range lines {
		row := stock[l.VariantID]
		if row == nil {
			continue
		}
		bounded[l.VariantID] = row
		if item := s.items[saleKey{l.VariantID, l.FlashSaleID}]; item != nil && item.left() < row.Available {
			quota := *row
			quota.Available, quota.Reserved = item.left(), item.held
			bounded[l.VariantID] = &quota
		}
	}
	return bounded
}

// claim counts lines, of which none is refused, towards their sales.
func (s *sales) claim(h holder, lines []event.Line) {
	for _, l := range lines {
		item := s.items[saleKey{l.VariantID, l.FlashSaleID}]
		if item == nil {
			continue
		}
		item.held += int64(l.Quantity)
		if s.changed[item.saleKey] == nil {
			item.version++
			s.changed[item.saleKey] = item
		}
		if h.id == "" { // a service by itself, whom no limit counts
			continue
		}
		key := claimKey{item.saleKey, h.id}
		s.claims[key] += int64(l.Quantity)
		s.written[key] = true
	}
}

func (s *sales) readItems(rows pgx.Rows) error {
	var i saleItem
	_, err := pgx.ForEachRow(rows, []any{
		&i.variantID, &i.saleID, &i.currency, &i.allocated, &i.most, &i.held, &i.sold, &i.version, &i.saleVersion, &i.startsAt,
	}, func() error {
		s.items[i.saleKey] = new(i)
		return nil
	})
	return err
}

func (s *sales) readClaims(rows pgx.Rows) error {
	var key claimKey
	var units int64
	_, err := pgx.ForEachRow(rows, []any{&key.variantID, &key.saleID, &key.holder, &units}, func() error {
		s.claims[key] = units
		return nil
	})
	return err
}

// queue queues the statements that store what changed.
func (s *sales) queue(b *pgx.Batch) {
	if len(s.changed) == 0 {
		return
	}
	var variants, saleIDs []string
	var held, versions []int64
	for _, i := range s.changed {
		variants, saleIDs = append(variants, i.variantID), append(saleIDs, i.saleID)
		held, versions = append(held, i.held), append(versions, i.version)
	}
	b.Queue(updateSaleItems, variants, saleIDs, held, versions)
	if len(s.written) == 0 {
		return
	}
	var claimed, of, holders []string
	var units []int64
	for key := range maps.Keys(s.written) {
		claimed, of, holders = append(claimed, key.variantID), append(of, key.saleID), append(holders, key.holder)
		units = append(units, s.claims[key])
	}
	b.Queue(writeSaleClaims, claimed, of, holders, units)
}
