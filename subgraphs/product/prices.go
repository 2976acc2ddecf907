package product

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/money"
	"cartograph/subgraphs/product/db"
)

const (
	// MaxPriceChanges is how many prices can be set at once.
	MaxPriceChanges = 500
	// longestSchedule is how far ahead something can be scheduled.
	longestSchedule = 2 * 365 * 24 * time.Hour
	// maxScheduled is how many prices of a variant can be scheduled, in all currencies.
	maxScheduled = 200
)

// NewPrice is a price as an editor writes it.
type NewPrice struct {
	Amount, Currency string
	CompareAt        *NewPrice // the regular price, where the price is reduced
}

// PriceChange sets a price of a variant, now or at a time.
type PriceChange struct {
	VariantID   string
	Price       NewPrice
	EffectiveAt *time.Time // nil: now
	Until       *time.Time // when the price before returns; nil: never
}

// price checks a price and returns its row without the variant.
func (s *Service) price(c *checks, p NewPrice, path ...string) (row db.PriceImport) {
	return s.priceAt(c, p, "price", path...)
}

// priceAt is price for one whose field has a name at the path.
func (s *Service) priceAt(c *checks, p NewPrice, field string, path ...string) (row db.PriceImport) {
	at := func(name ...string) []string { return append(slices.Clone(path), name...) }
	if !slices.Contains(s.cfg.Currencies, p.Currency) {
		c.add(fault.Localized(fault.Invalid, "common.unknown_currency", message.Args{"value": p.Currency}), at(field, "currencyCode")...)
		return row
	}
	amount := func(given NewPrice, least int64, name string) int64 {
		parsed, err := money.Parse(given.Amount, given.Currency)
		switch {
		case given.Currency != p.Currency:
			c.add(fault.Localized(fault.Invalid, "product.compare_at_currency"), at(name, "currencyCode")...)
		case err != nil:
			c.add(fault.Localized(fault.Invalid, "product.malformed_price", message.Args{"amount": given.Amount, "currency": given.Currency}), at(name, "amount")...)
		case parsed.Minor < least || parsed.Minor > maxPrice:
			c.add(fault.Localized(fault.Invalid, "product.price_range", message.Args{
				"least": money.Money{Minor: least, Currency: p.Currency}.Amount(), "most": money.Money{Minor: maxPrice, Currency: p.Currency}.Amount(),
			}), at(name, "amount")...)
		}
		return parsed.Minor
	}
	row.Currency, row.PriceMinor = p.Currency, amount(p, 1, field)
	if p.CompareAt != nil {
		row.CompareAtMinor = new(amount(*p.CompareAt, row.PriceMinor+1, "compareAt"))
	}
	return row
}

// checkedPrices converts changes to rows whose time is zero if they take effect now,
// or returns every error of them.
func (s *Service) checkedPrices(changes []PriceChange) ([]db.ScheduledPrice, error) {
	var c checks
	if len(changes) == 0 || len(changes) > MaxPriceChanges {
		return nil, fault.Localized(fault.Invalid, "product.price_changes_limit", message.Args{"limit": MaxPriceChanges}).At("prices")
	}
	type moment struct {
		slot
		at time.Time
	}
	rows, seen := make([]db.ScheduledPrice, len(changes)), map[moment]bool{}
	for i, change := range changes {
		n := strconv.Itoa(i)
		p := s.price(&c, change.Price, "prices", n)
		rows[i] = db.ScheduledPrice{VariantID: change.VariantID, Currency: p.Currency, PriceMinor: p.PriceMinor, CompareAtMinor: p.CompareAtMinor}
		if at := change.EffectiveAt; at != nil {
			rows[i].EffectiveAt = at.UTC().Truncate(time.Microsecond) // as Postgres stores it
		}
		if until := change.Until; until != nil {
			rows[i].UntilAt = new(until.UTC().Truncate(time.Microsecond))
		}
		key := moment{slot{change.VariantID, p.Currency}, rows[i].EffectiveAt}
		if seen[key] {
			c.add(fault.Localized(fault.Invalid, "product.price_twice"), "prices", n)
		}
		seen[key] = true
	}
	return rows, c.err()
}

// SetPrices sets all the prices or none, and returns the variants. Prices that are
// already so change nothing, and a scheduled price replaces the one that was scheduled
// for the same time: repeating a call has no further effect. It takes as many
// statements for many prices as for one.
func (s *Service) SetPrices(ctx context.Context, changes []PriceChange) ([]*Variant, error) {
	rows, err := s.checkedPrices(changes)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(changes))
	for i, change := range changes {
		ids[i] = change.VariantID
	}
	productOf, err := s.productsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	err = s.change(ctx, slices.Collect(maps.Values(productOf)), nil, func(tx pgx.Tx, locked []db.Product) ([]edit, error) {
		return setPrices(ctx, db.New(tx), locked, productOf, rows)
	})
	return s.pricedVariants(ctx, ids, "set prices", err)
}

// editable are the products of those of the variants that the caller may change.
func (s *Service) editable(ctx context.Context, variantIDs []string) (productOf map[string]string, err error) {
	by, err := editorOf(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.pool).EditableVariants(ctx, db.EditableVariantsParams{IDs: storable(variantIDs), OfAllSellers: by.all, SellerID: by.sellerID})
	productOf = make(map[string]string, len(rows))
	for _, row := range rows {
		productOf[row.ID] = row.ProductID
	}
	return productOf, wrap("look for variants", err)
}

// setPrices sets those of the prices that take effect now, and stores the others.
func setPrices(ctx context.Context, q *db.Queries, locked []db.Product, productOf map[string]string, rows []db.ScheduledPrice) ([]edit, error) {
	at, err := q.DatabaseTime(ctx)
	if err != nil {
		return nil, err
	}
	var c checks
	var now, later []db.ScheduledPrice
	for i, p := range rows {
		n := strconv.Itoa(i)
		if p.EffectiveAt.After(at.Add(longestSchedule)) {
			c.add(tooFarAhead(), "prices", n, "effectiveAt")
		}
		begins := p.EffectiveAt
		if !begins.After(at) {
			begins = at
		}
		if p.UntilAt != nil && (p.UntilAt.Sub(begins) < time.Second || p.UntilAt.After(at.Add(longestSchedule))) {
			c.add(fault.Localized(fault.Invalid, "product.price_end"), "prices", n, "until")
		}
		if p.EffectiveAt = begins; begins.Equal(at) {
			now = append(now, p)
		} else {
			later = append(later, p)
		}
	}
	if err := c.err(); err != nil {
		return nil, err
	}
	edits, err := applyPrices(ctx, q, idsOfProducts(locked), now, at)
	if err != nil || len(later) == 0 {
		return edits, err
	}
	if err := q.SchedulePrices(ctx, later); err != nil {
		return nil, err
	}
	if err := checkSchedules(ctx, q, rows, later); err != nil {
		return nil, err
	}
	for _, p := range locked {
		if after := scheduledValues(later, productOf, p.ID); after != nil {
			edits = append(edits, edit{productID: p.ID, action: audit.PricesSet, internal: true, after: after})
		}
	}
	return edits, nil
}

// checkSchedules refuses schedules that are too long with the prices just added. The
// products are locked: nobody else adds any.
func checkSchedules(ctx context.Context, q *db.Queries, rows, later []db.ScheduledPrice) error {
	ids := make([]string, len(later))
	for i, p := range later {
		ids[i] = p.VariantID
	}
	full, err := q.FullSchedules(ctx, ids, maxScheduled)
	if err != nil {
		return err
	}
	var c checks
	for _, id := range full {
		at := slices.IndexFunc(rows, func(p db.ScheduledPrice) bool { return p.VariantID == id })
		c.add(fault.Localized(fault.Invalid, "product.schedule_full", message.Args{"limit": maxScheduled}), "prices", strconv.Itoa(at))
	}
	return c.err()
}

func tooFarAhead() *fault.Error {
	return fault.Localized(fault.Invalid, "product.too_far_ahead", message.Args{"years": int(longestSchedule / (365 * 24 * time.Hour))})
}

func idsOfProducts(products []db.Product) []string {
	ids := make([]string, len(products))
	for i, p := range products {
		ids[i] = p.ID
	}
	return ids
}

// applyPrices sets regular prices of locked products, those given and those scheduled
// that are due, and begins and ends flash sales.
func applyPrices(ctx context.Context, q *db.Queries, productIDs []string, now []db.ScheduledPrice, at time.Time) ([]edit, error) {
	products, err := q.Snapshots(ctx, productIDs)
	if err != nil {
		return nil, err
	}
	scheduled, err := q.TakeScheduled(ctx, productIDs, at)
	if err != nil {
		return nil, err
	}
	sales, err := q.SaleSlots(ctx, productIDs)
	if err != nil {
		return nil, err
	}
	var present []db.PriceImport
	owner := map[string]string{}
	for _, p := range products {
		for _, v := range p.Variants {
			owner[v.ID] = p.ID
			present = append(present, v.Prices...)
		}
	}
	for _, p := range now {
		if owner[p.VariantID] == "" { // deleted since the caller named it
			return nil, fault.Localized(fault.NotFound, "product.unknown_variant").At("prices")
		}
	}
	regular(present, sales)
	set, returns := takeEffect(present, append(scheduled, now...), at)
	set, ended, begun := switchSales(present, set, sales)
	if err := q.SwitchSales(ctx, ended, begun); err != nil {
		return nil, err
	}
	changedVariants, err := q.SetPrices(ctx, set)
	if err != nil {
		return nil, err
	}
	if err := q.SchedulePrices(ctx, returns); err != nil {
		return nil, err
	}
	changed := map[string]bool{}
	for _, id := range changedVariants {
		changed[owner[id]] = true
	}
	var edits []edit
	for _, p := range products {
		if changed[p.ID] {
			of := func(prices []db.PriceImport) (own []db.PriceImport) {
				for _, price := range prices {
					if owner[price.VariantID] == p.ID {
						own = append(own, price)
					}
				}
				return own
			}
			edits = append(edits, edit{
				productID: p.ID, action: audit.PricesSet, before: audit.Values{"prices": priceValues(of(present))}, after: audit.Values{"prices": priceValues(of(set))},
			})
		}
	}
	return edits, nil
}

// priceValues are prices as the audit log has them, by variant: "19.99 USD".
func priceValues(prices []db.PriceImport) map[string][]string {
	values := map[string][]string{}
	for _, p := range prices {
		values[p.VariantID] = append(values[p.VariantID], priceText(p))
	}
	return values
}

func priceText(p db.PriceImport) string {
	text := money.Money{Minor: p.PriceMinor, Currency: p.Currency}.String()
	if p.CompareAtMinor != nil {
		text += ", regular " + money.Money{Minor: *p.CompareAtMinor, Currency: p.Currency}.String()
	}
	return text
}
