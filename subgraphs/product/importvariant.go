package product

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"cartograph/internal/catalogue"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/limits"
	"cartograph/internal/money"
	"cartograph/internal/optional"
	"cartograph/internal/productfile"
)

func (imp *fileImporter) overlayVariants(c *candidate, p *productfile.Product) {
	listed := map[string]bool{}
	for i := range p.Variants {
		given := &p.Variants[i]
		if given.SKU == "" {
			c.fail(given.Line, "a variant has no SKU")
			continue
		}
		if listed[given.SKU] {
			c.fail(given.Line, "SKU %s is there twice", given.SKU)
		}
		listed[given.SKU] = true
		v, err := c.variant(given)
		if err == nil {
			err = imp.overlayVariant(c, v, given)
		}
		if err == nil && given.Stock != nil && *given.Stock > 0 {
			c.deliver(event.Line{VariantID: v.ID, Quantity: *given.Stock})
		}
		if err != nil {
			c.fail(given.Line, "variant %s: %w", given.SKU, err)
		}
	}
	if !imp.DeleteVariants || len(listed) == 0 {
		return
	}
	// Found by a SKU, its other variants may come later in the file.
	if c.version > 0 && p.ID == "" && p.Slug == "" {
		c.fail(p.Line, "the slug or the ID is needed to delete the variants that are not listed")
	}
	if c.listed == nil {
		c.listed = map[string]bool{}
	}
	maps.Copy(c.listed, listed)
}

// deleteUnlisted deletes the variants that no entry of the file gives. Without any,
// all of them stay.
func (c *candidate) deleteUnlisted() {
	if len(c.listed) > 0 {
		c.Variants = slices.DeleteFunc(c.Variants, func(v VariantDraft) bool { return !c.listed[v.SKU] })
	}
}

// deliver sets the first delivery of a variant: the one that the file gives last.
func (c *candidate) deliver(l event.Line) {
	c.delivery = slices.DeleteFunc(c.delivery, func(other event.Line) bool { return other.VariantID == l.VariantID })
	c.delivery = append(c.delivery, l)
}

// variant returns the variant of the product that a file gives, a new one if there is
// none.
func (c *candidate) variant(given *productfile.Variant) (*VariantDraft, error) {
	bySKU := slices.IndexFunc(c.Variants, func(v VariantDraft) bool { return v.SKU == given.SKU })
	byID := slices.IndexFunc(c.Variants, func(v VariantDraft) bool { return given.ID != "" && v.ID == given.ID })
	switch {
	case bySKU >= 0 && byID >= 0 && bySKU != byID:
		return nil, fmt.Errorf("the ID %s is that of variant %s", given.ID, c.Variants[byID].SKU)
	case bySKU >= 0:
		return &c.Variants[bySKU], nil
	case byID >= 0:
		return &c.Variants[byID], nil
	case len(c.Variants) >= maxVariants:
		return nil, fmt.Errorf("a product has at most %d variants", maxVariants)
	}
	c.Variants = append(c.Variants, VariantDraft{
		ID: cmp.Or(given.ID, id.New(id.Variant)), Options: []catalogue.SelectedOption{}, Prices: map[string]int64{}, CompareAt: map[string]int64{},
	})
	return &c.Variants[len(c.Variants)-1], nil
}

// overlayVariant sets what the file gives of a variant. It checks what differs.
func (imp *fileImporter) overlayVariant(of *candidate, v *VariantDraft, given *productfile.Variant) error {
	var c checks
	if v.SKU != given.SKU {
		v.SKU = c.line(given.SKU, 1, maxSKU, "sku")
	}
	if given.Barcode != nil && *given.Barcode != v.Barcode {
		v.Barcode = strings.TrimSpace(*given.Barcode)
		c.barcode(v.Barcode, "barcode")
	}
	if given.Title != nil && productfile.Text(*given.Title) != productfile.Text(v.Title) {
		v.Title = c.line(*given.Title, 0, maxTitle, "title")
	}
	if given.WeightGrams != nil && *given.WeightGrams != v.WeightGrams {
		v.WeightGrams = *given.WeightGrams
		c.weight(v.WeightGrams, "weightGrams")
	}
	imp.overlayPrices(&c, v, given)
	if len(c) > 0 {
		return fmt.Errorf("%s: %s", strings.Join(c[0].Path, "."), c[0].Message)
	}
	for name, value := range given.Options {
		if i := slices.IndexFunc(v.Options, func(o catalogue.SelectedOption) bool { return o.Name == name }); i >= 0 {
			v.Options[i].Value = value
		} else {
			v.Options = append(v.Options, catalogue.SelectedOption{Name: name, Value: value})
		}
	}
	if given.TaxClass != nil {
		v.TaxClass = catalogue.TaxClass(cmp.Or(strings.ToUpper(strings.TrimSpace(*given.TaxClass)), string(catalogue.TaxStandard)))
		if !slices.Contains(catalogue.TaxClasses(), v.TaxClass) {
			return fmt.Errorf("unknown tax class %q: one of %v is expected", *given.TaxClass, catalogue.TaxClasses())
		}
	}
	if n := given.Stock; n != nil && (*n < 0 || *n > limits.MaxQuantity) {
		return fmt.Errorf("a stock of %d: 0 to %d is expected", *n, limits.MaxQuantity)
	}
	if given.Image != nil {
		var image catalogue.Image
		if given.Image.Place() != "" {
			var err error
			if image, err = imp.overlayImage(of, *given.Image, append([]catalogue.Image{v.Image}, of.Images...)); err != nil {
				return err
			}
		}
		v.Image = image
	}
	return overlayRestock(v, given.RestockAt)
}

func overlayRestock(v *VariantDraft, given *string) (err error) {
	if given == nil {
		return nil
	}
	text := strings.TrimSpace(*given)
	if text == "" {
		v.RestockAt = time.Time{}
		return nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		at, err = time.Parse(time.DateOnly, text)
	}
	if err != nil {
		return fmt.Errorf("restock at %q: a day such as 2026-03-10 is expected, or a time such as 2026-03-10T09:00:00Z", text)
	}
	v.RestockAt = at.UTC().Truncate(time.Microsecond)
	return nil
}

// overlayPrices sets the prices and regular prices that the file gives.
func (imp *fileImporter) overlayPrices(c *checks, v *VariantDraft, given *productfile.Variant) {
	amountOf := func(minor int64, currency string) string {
		return money.Money{Minor: minor, Currency: currency}.Amount()
	}
	for _, currency := range slices.Sorted(maps.Keys(given.Prices)) {
		switch amount := string(given.Prices[currency]); {
		case amount == "":
			delete(v.Prices, currency)
		case amount != amountOf(v.Prices[currency], currency) || v.Prices[currency] == 0:
			v.Prices[currency] = imp.price(c, NewPrice{Amount: amount, Currency: currency}, currency).PriceMinor
		}
	}
	for _, currency := range slices.Sorted(maps.Keys(given.CompareAt)) {
		switch amount := string(given.CompareAt[currency]); {
		case amount == "":
			delete(v.CompareAt, currency)
		case v.Prices[currency] == 0:
			v.CompareAt[currency] = 1 // checkDraft refuses a regular price without a price
		case amount != amountOf(v.CompareAt[currency], currency) || v.CompareAt[currency] == 0:
			row := imp.price(c, NewPrice{
				Amount: amountOf(v.Prices[currency], currency), Currency: currency, CompareAt: &NewPrice{Amount: amount, Currency: currency},
			}, currency)
			v.CompareAt[currency] = optional.Value(row.CompareAtMinor)
		}
	}
}

// maxPrice keeps the sums of orders far within an int64.
const maxPrice = 100_000_000_000

// plain is what an error says to people.
func plain(err error) error {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return errors.New(f.Message)
	}
	return err
}
