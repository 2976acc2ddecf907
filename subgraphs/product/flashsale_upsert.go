package product

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/message"
	"cartograph/internal/money"
	"cartograph/internal/outbox"
	"cartograph/subgraphs/product/db"
)

const (
	maxSaleItems = 50
	maxAllocated = 1_000_000
	longestSale  = 31 * 24 * time.Hour
)

// FlashSaleInput is a sale as its editor writes it.
type FlashSaleInput struct {
	ID               *string // nil: a new one
	Title            string
	StartsAt, EndsAt time.Time
	Items            []FlashSaleItemInput
}

// FlashSaleItemInput is an item of FlashSaleInput.
type FlashSaleItemInput struct {
	VariantID                 string
	Price                     NewPrice
	Allocated, MaxPerCustomer int
}

// sale checks what needs no database, and returns the row.
func (s *Service) sale(in FlashSaleInput) (row db.FlashSale, err error) {
	var c checks
	// Postgres stores microseconds.
	row = db.FlashSale{StartsAt: in.StartsAt.UTC().Truncate(time.Microsecond), EndsAt: in.EndsAt.UTC().Truncate(time.Microsecond)}
	row.Title = c.line(in.Title, 1, maxName, "input", "title")
	if last := row.EndsAt.Sub(row.StartsAt); last <= 0 || last > longestSale {
		c.add(fault.Localized(fault.Invalid, "sale.duration", message.Args{"days": int(longestSale / (24 * time.Hour))}), "input", "endsAt")
	}
	if len(in.Items) == 0 || len(in.Items) > maxSaleItems {
		c.add(fault.Localized(fault.Invalid, "sale.items", message.Args{"limit": maxSaleItems}), "input", "items")
		return row, c.err()
	}
	seen := map[string]bool{}
	for n, i := range in.Items {
		at := func(name ...string) []string { return append([]string{"input", "items", strconv.Itoa(n)}, name...) }
		price := s.priceAt(&c, i.Price, "salePrice", at()...)
		row.Items = append(row.Items, db.FlashSaleItem{
			VariantID: i.VariantID, Currency: price.Currency, PriceMinor: price.PriceMinor, Allocated: i.Allocated, MaxPerCustomer: i.MaxPerCustomer, Position: n,
		})
		switch {
		case seen[i.VariantID]:
			c.add(fault.Localized(fault.Invalid, "product.variant_twice"), at("variantId")...)
		case i.Allocated < 1 || i.Allocated > maxAllocated:
			c.add(fault.Localized(fault.Invalid, "sale.allocated", message.Args{"limit": maxAllocated}), at("allocated")...)
		case i.MaxPerCustomer < 1 || i.MaxPerCustomer > MaxPerOrder:
			c.add(fault.Localized(fault.Invalid, "sale.max_per_customer", message.Args{"limit": MaxPerOrder}), at("maxPerCustomer")...)
		}
		seen[i.VariantID] = true
	}
	return row, c.err()
}

// UpsertFlashSale creates a sale or replaces its terms. A change of a sale that goes on
// takes effect at once; one that ends it by now, too. Repeating a call has no effect:
// without an ID, the first sale is in the way of a second one.
func (s *Service) UpsertFlashSale(ctx context.Context, in FlashSaleInput) (*FlashSale, error) {
	row, err := s.sale(in)
	if err != nil {
		return nil, err
	}
	by, err := editorOf(ctx)
	if err != nil {
		return nil, err
	}
	editor := db.Reader{SellerID: by.sellerID, All: by.all}
	var was *db.FlashSale
	if row.ID, row.SellerID = id.New(id.FlashSale), by.sellerID; in.ID != nil {
		if was, err = s.earlierSale(ctx, editor, *in.ID); err != nil {
			return nil, err
		}
		row.ID, row.SellerID = was.ID, was.SellerID
	}
	products, err := s.productsOfSale(ctx, row, was)
	if err != nil {
		return nil, err
	}
	err = s.change(ctx, products, nil, func(tx pgx.Tx, locked []db.Product) ([]edit, error) {
		return s.saveSale(ctx, tx, editor, was, row, idsOfProducts(locked))
	})
	if err != nil {
		return nil, wrap("save flash sale", err)
	}
	s.saleChanged(row.ID)
	byID, err := s.FlashSalesByID(ctx, []string{row.ID})
	return byID[row.ID], err
}

// earlierSale is the sale of the editor.
func (s *Service) earlierSale(ctx context.Context, editor db.Reader, saleID string) (*db.FlashSale, error) {
	rows, err := db.New(s.pool).FlashSales(ctx, db.Reader{All: true}, storable([]string{saleID}))
	if err != nil {
		return nil, wrap("read flash sale", err)
	}
	if len(rows) == 0 || !editor.All && rows[0].SellerID != editor.SellerID {
		return nil, unknownSale()
	}
	return &rows[0], nil
}

func unknownSale() *fault.Error {
	return fault.Localized(fault.NotFound, "sale.unknown").At("input", "id")
}

// productsOfSale are the products whose prices the sale has, or had before. The caller
// may change all of them.
func (s *Service) productsOfSale(ctx context.Context, row db.FlashSale, was *db.FlashSale) ([]string, error) {
	ids := make([]string, len(row.Items))
	for n, i := range row.Items {
		ids[n] = i.VariantID
	}
	productOf, err := s.editable(ctx, ids)
	if err != nil {
		return nil, err
	}
	var c checks
	for n, variantID := range ids {
		if productOf[variantID] == "" {
			c.add(fault.Localized(fault.NotFound, "product.unknown_variant"), "input", "items", strconv.Itoa(n), "variantId")
		}
	}
	products := slices.Collect(maps.Values(productOf))
	if was != nil {
		for _, i := range was.Items {
			products = append(products, i.ProductID)
		}
	}
	return products, c.err()
}

// saveSale expects the products locked. The sale is locked after them: two changes of
// one sale may have different products.
func (s *Service) saveSale(ctx context.Context, tx pgx.Tx, editor db.Reader, was *db.FlashSale, row db.FlashSale, products []string) ([]edit, error) {
	q := db.New(tx)
	at, err := q.DatabaseTime(ctx)
	if err != nil {
		return nil, err
	}
	if row.Version = 1; was != nil {
		found, err := q.LockFlashSale(ctx, editor, row.ID)
		if err != nil {
			return nil, err
		}
		present, err := q.FlashSales(ctx, db.Reader{All: true}, []string{row.ID})
		switch {
		case err != nil:
			return nil, err
		case !found:
			return nil, unknownSale()
		case present[0].Version != was.Version:
			return nil, fault.Localized(fault.Conflict, "sale.changed").At("input", "id")
		case !present[0].EndsAt.After(at):
			return nil, fault.Localized(fault.Conflict, "sale.over").At("input", "id")
		}
		if was, row.Version = &present[0], was.Version+1; sameTerms(*was, row) {
			return nil, nil
		}
	}
	if err := s.checkSale(ctx, q, was, row, at); err != nil {
		return nil, err
	}
	if err := q.StoreFlashSale(ctx, row); err != nil {
		return nil, err
	}
	entry, err := audit.Entry(ctx, at, audit.FlashSaleSaved, row.ID, saleValues(was), saleValues(&row))
	if err != nil {
		return nil, err
	}
	if err := outbox.Write(ctx, tx, saleChanged(row), entry); err != nil {
		return nil, err
	}
	edits, err := applyPrices(ctx, q, products, nil, at)
	for n := range edits {
		edits[n].action = "" // the sale's entry has it
	}
	return edits, err
}

// checkSale checks what depends on other rows.
func (s *Service) checkSale(ctx context.Context, q *db.Queries, was *db.FlashSale, row db.FlashSale, at time.Time) error {
	var c checks
	if was == nil && !row.EndsAt.After(at) {
		c.add(fault.Localized(fault.Invalid, "sale.ends_too_soon"), "input", "endsAt")
	}
	if row.StartsAt.After(at.Add(longestSchedule)) {
		c.add(tooFarAhead(), "input", "startsAt")
	}
	ids, claimed := make([]string, len(row.Items)), map[string]int{}
	for n, i := range row.Items {
		ids[n] = i.VariantID
	}
	if was != nil {
		for _, i := range was.Items {
			claimed[i.VariantID] = i.Held + i.Sold
		}
	}
	prices, err := q.RegularPrices(ctx, ids)
	if err != nil {
		return err
	}
	elsewhere, err := q.OnOtherSales(ctx, ids, row.ID, row.StartsAt, row.EndsAt)
	if err != nil {
		return err
	}
	for n, i := range row.Items {
		path := []string{"input", "items", strconv.Itoa(n)}
		priced := indexOfSlot(prices, db.SaleSlot{VariantID: i.VariantID, Currency: i.Currency})
		switch {
		case slices.Contains(elsewhere, i.VariantID):
			c.add(fault.Localized(fault.Conflict, "sale.overlaps"), append(path, "variantId")...)
		case priced < 0 || prices[priced].PriceMinor <= i.PriceMinor:
			c.add(fault.Localized(fault.Invalid, "sale.price_not_lower"), append(path, "salePrice", "amount")...)
		case i.Allocated < claimed[i.VariantID]:
			c.add(fault.Localized(fault.Conflict, "sale.claimed", message.Args{"count": claimed[i.VariantID]}), append(path, "allocated")...)
		}
	}
	return c.err()
}

// sameTerms reports whether a sale is as it was.
func sameTerms(was, is db.FlashSale) bool {
	terms := func(s db.FlashSale) event.FlashSaleChanged {
		e := saleChanged(s)
		e.Version = 0
		return e
	}
	a, b := terms(was), terms(is)
	return was.Title == is.Title && a.StartsAt.Equal(b.StartsAt) && a.EndsAt.Equal(b.EndsAt) && slices.Equal(a.Items, b.Items) &&
		slices.EqualFunc(was.Items, is.Items, func(a, b db.FlashSaleItem) bool { return a.PriceMinor == b.PriceMinor })
}

func saleChanged(s db.FlashSale) event.FlashSaleChanged {
	e := event.FlashSaleChanged{SaleID: s.ID, Version: s.Version, StartsAt: s.StartsAt.UTC(), EndsAt: s.EndsAt.UTC()}
	for _, i := range s.Items {
		e.Items = append(e.Items, event.FlashSaleItem{VariantID: i.VariantID, Currency: i.Currency, Allocated: i.Allocated, MaxPerCustomer: i.MaxPerCustomer})
	}
	return e
}

// saleValues are the terms of a sale as the audit log has them.
func saleValues(s *db.FlashSale) audit.Values {
	if s == nil {
		return nil
	}
	items := make([]audit.Values, len(s.Items))
	for n, i := range s.Items {
		items[n] = audit.Values{
			"variant": i.VariantID, "price": money.Money{Minor: i.PriceMinor, Currency: i.Currency}.String(),
			"allocated": i.Allocated, "maxPerCustomer": i.MaxPerCustomer,
		}
	}
	return audit.Values{
		"title": s.Title, "startsAt": s.StartsAt.UTC().Format(time.RFC3339), "endsAt": s.EndsAt.UTC().Format(time.RFC3339), "items": items,
	}
}
