package product

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/auth"
	"cartograph/internal/catalogue"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/message"
	"cartograph/internal/optional"
	"cartograph/internal/pg"
	"cartograph/subgraphs/product/db"
)

// Bounds of a product's variants.
const (
	maxVariants     = 250
	maxOptions      = 5
	maxOptionValues = 100
	maxOption       = 60 // characters of a name or a value
	maxSKU          = 64
	maxGrams        = 10_000_000
)

// VariantInput is a variant to add or to change.
type VariantInput struct {
	ID          *string // of the variant to change; nil: the one with the SKU, or a new one
	SKU         string
	Title       *string // nil: the option values
	Options     []catalogue.SelectedOption
	WeightGrams int
	TaxClass    *catalogue.TaxClass // nil: as it is, and the standard one of a new variant
	Barcode     string
	Prices      []NewPrice // in effect now
	SetRestock  bool       // to RestockAt; otherwise it stays
	RestockAt   *time.Time
}

// VariantsChange is a change of the options and the variants of a product.
type VariantsChange struct {
	ProductID       string
	ExpectedVersion *int
	Options         *[]catalogue.Option // nil: as they are
	Variants        []VariantInput
	Remove          []string // ids
}

var (
	swatchForm  = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
	barcodeForm = regexp.MustCompile(`^([0-9]{8}|[0-9]{12,14})?$`)
)

// check returns every error of the input that needs no database.
func (v *VariantsChange) check() checks {
	var c checks
	if len(v.Variants) > maxVariants || len(v.Remove) > maxVariants {
		c.add(fault.Localized(fault.Invalid, "product.list_length", message.Args{"limit": maxVariants}), "variants")
		return c
	}
	if v.Options != nil {
		c.options(*v.Options)
	}
	skus := map[string]bool{}
	for i := range v.Variants {
		in := &v.Variants[i]
		at := func(name string) []string { return []string{"variants", strconv.Itoa(i), name} }
		in.SKU = c.line(in.SKU, 1, maxSKU, at("sku")...)
		if skus[in.SKU] {
			c.add(skuTaken(), at("sku")...)
		}
		skus[in.SKU] = true
		if in.Title != nil {
			in.Title = new(c.line(*in.Title, 0, maxTitle, at("title")...))
		}
		c.weight(in.WeightGrams, at("weightGrams")...)
		c.barcode(in.Barcode, at("barcode")...)
	}
	return c
}

func (c *checks) weight(grams int, path ...string) {
	if grams < 0 || grams > maxGrams {
		c.add(fault.Localized(fault.Invalid, "product.weight_range", message.Args{"limit": maxGrams}), path...)
	}
}

func (c *checks) barcode(digits string, path ...string) {
	if !barcodeForm.MatchString(digits) {
		c.add(fault.Localized(fault.Invalid, "product.barcode_form"), path...)
	}
}

func skuTaken() *fault.Error {
	return fault.Localized(fault.Conflict, "product.sku_taken").WithCode("SKU_TAKEN")
}

func (c *checks) options(options []catalogue.Option) {
	if len(options) > maxOptions {
		c.add(fault.Localized(fault.Invalid, "product.list_length", message.Args{"limit": maxOptions}), "options")
		return
	}
	names := map[string]bool{}
	for i := range options {
		o, n := &options[i], strconv.Itoa(i)
		if o.Name = c.line(o.Name, 1, maxOption, "options", n, "name"); names[o.Name] {
			c.add(fault.Localized(fault.Invalid, "product.option_twice", message.Args{"name": o.Name}), "options", n, "name")
		}
		names[o.Name] = true
		if len(o.Values) == 0 || len(o.Values) > maxOptionValues {
			c.add(fault.Localized(fault.Invalid, "product.option_values", message.Args{"limit": maxOptionValues}), "options", n, "values")
			continue
		}
		values := map[string]bool{}
		for j := range o.Values {
			value, m := &o.Values[j], strconv.Itoa(j)
			if value.Value = c.line(value.Value, 1, maxOption, "options", n, "values", m, "value"); values[value.Value] {
				c.add(fault.Localized(fault.Invalid, "product.option_twice", message.Args{"name": value.Value}), "options", n, "values", m, "value")
			}
			values[value.Value] = true
			if value.SwatchHex != "" && !swatchForm.MatchString(value.SwatchHex) {
				c.add(fault.Localized(fault.Invalid, "product.swatch_form"), "options", n, "values", m, "swatchHex")
			}
		}
	}
}

// merge returns the variants of a product after the change, in their order: those that
// stay keep their places, and new ones follow. Each has one value of every option, and
// no two have the same.
func (v *VariantsChange) merge(p *db.Snapshot, options []catalogue.Option) (merged []db.Variant, err error) {
	var c checks
	for _, s := range p.Variants {
		if !slices.Contains(v.Remove, s.ID) {
			merged = append(merged, s.Variant)
		}
	}
	inputOf := map[string]int{} // by variant
	for i, in := range v.Variants {
		at := slices.IndexFunc(merged, func(row db.Variant) bool {
			return in.ID != nil && row.ID == *in.ID || in.ID == nil && row.SKU == in.SKU
		})
		if at < 0 && in.ID != nil {
			c.add(fault.Localized(fault.NotFound, "product.unknown_variant"), "variants", strconv.Itoa(i), "id")
			continue
		}
		if at < 0 {
			at = len(merged)
			merged = append(merged, db.Variant{ID: id.New(id.Variant), ProductID: p.ID, TaxClass: catalogue.TaxStandard})
		}
		row := &merged[at]
		inputOf[row.ID] = i
		row.SKU, row.WeightGrams, row.Barcode = in.SKU, in.WeightGrams, in.Barcode
		if row.Options = inOrderOf(options, in.Options); row.Options == nil || len(in.Options) != len(options) {
			c.add(fault.Localized(fault.Invalid, "product.variant_options"), "variants", strconv.Itoa(i), "selectedOptions")
		}
		if in.Title != nil {
			row.Title = *in.Title
		} else {
			row.Title = titleOf(row.Options)
		}
		if in.TaxClass != nil {
			row.TaxClass = *in.TaxClass
		}
		if in.SetRestock {
			row.RestockAt = in.RestockAt
		}
	}
	if len(merged) > maxVariants {
		c.add(fault.Localized(fault.Invalid, "product.list_length", message.Args{"limit": maxVariants}), "variants")
	}
	choices := choices{}
	for i := range merged {
		row := &merged[i]
		row.Position = i
		path := []string{"options"}
		if n, given := inputOf[row.ID]; given {
			path = []string{"variants", strconv.Itoa(n), "selectedOptions"}
		} else if stays := inOrderOf(options, row.Options); stays == nil || len(row.Options) != len(options) {
			c.add(fault.Localized(fault.Invalid, "product.options_in_use", message.Args{"sku": row.SKU}), path...)
		} else {
			row.Options = stays
		}
		if _, taken := choices.add(row.Options, row.SKU); taken {
			c.add(fault.Localized(fault.Invalid, "product.options_taken"), path...)
		}
	}
	return merged, c.err()
}

// choices are the SKUs of a product's variants by their options: no two have the same.
type choices map[string]string

// add returns the variant that has the options already, if there is one.
func (c choices) add(options []catalogue.SelectedOption, sku string) (other string, taken bool) {
	key := fmt.Sprintf("%q", options)
	if other, taken = c[key]; !taken {
		c[key] = sku
	}
	return other, taken
}

// inOrderOf returns the selected values in the order of the options, or nil if one is
// missing or is no value of its option.
func inOrderOf(options []catalogue.Option, selected []catalogue.SelectedOption) []catalogue.SelectedOption {
	ordered := make([]catalogue.SelectedOption, 0, len(options))
	for _, o := range options {
		at := slices.IndexFunc(selected, func(s catalogue.SelectedOption) bool { return s.Name == o.Name })
		if at < 0 || !slices.ContainsFunc(o.Values, func(v catalogue.OptionValue) bool { return v.Value == selected[at].Value }) {
			return nil
		}
		ordered = append(ordered, selected[at])
	}
	return ordered
}

// SetVariants adds, changes and removes variants of a product and, where they are
// given, replaces its options. A variant without an ID is recognised by its SKU, so that
// repeating a call changes nothing. What is in carts can be removed: the carts report
// that it is not sold any more, as do checkouts.
func (s *Service) SetVariants(ctx context.Context, v VariantsChange) (*Product, error) {
	c := v.check()
	prices := make([][]db.PriceImport, len(v.Variants))
	for i, in := range v.Variants {
		if len(in.Prices) > 0 && !auth.From(ctx).Has("pricing:write") && auth.From(ctx).Kind != auth.Service {
			return nil, fault.Localized(fault.Forbidden, "common.forbidden")
		}
		for j, p := range in.Prices {
			row := s.price(&c, p, "variants", strconv.Itoa(i), "prices", strconv.Itoa(j))
			if slices.ContainsFunc(prices[i], func(other db.PriceImport) bool { return other.Currency == row.Currency }) {
				c.add(fault.Localized(fault.Invalid, "product.price_twice"), "variants", strconv.Itoa(i), "prices", strconv.Itoa(j))
			}
			prices[i] = append(prices[i], row)
		}
	}
	if err := c.err(); err != nil {
		return nil, err
	}
	err := s.changeOne(ctx, v.ProductID, v.ExpectedVersion, nil, func(tx pgx.Tx, p db.Product) (*edit, error) {
		return v.write(ctx, db.New(tx), p, prices)
	})
	if pg.IsUnique(err, "variants_sku_is_unique") { // another product took it meanwhile
		return nil, skuTaken().At("variants")
	}
	return s.written(ctx, v.ProductID, "set variants of "+v.ProductID, err)
}

// write expects the product locked. It returns nil if nothing differs.
func (v *VariantsChange) write(ctx context.Context, q *db.Queries, p db.Product, prices [][]db.PriceImport) (*edit, error) {
	rows, err := q.Snapshots(ctx, []string{p.ID})
	if err != nil {
		return nil, err
	}
	before, options := &rows[0], p.Options
	if v.Options != nil {
		options = *v.Options
	}
	merged, err := v.merge(before, options)
	if err != nil {
		return nil, err
	}
	if err := v.checkSKUs(ctx, q, p.ID); err != nil {
		return nil, err
	}
	if len(v.Remove) > 0 {
		if err := q.DeleteVariants(ctx, removed(before, v.Remove)); err != nil {
			return nil, err
		}
	}
	if err := q.UpsertVariants(ctx, merged); err != nil {
		return nil, err
	}
	if v.Options != nil {
		if err := q.SetOptions(ctx, db.SetOptionsParams{ID: p.ID, Options: options}); err != nil {
			return nil, err
		}
	}
	var now []db.ScheduledPrice
	for i, list := range prices {
		at := slices.IndexFunc(merged, func(row db.Variant) bool { return row.SKU == v.Variants[i].SKU })
		for _, price := range list {
			now = append(now, db.ScheduledPrice{VariantID: merged[at].ID, Currency: price.Currency, PriceMinor: price.PriceMinor, CompareAtMinor: price.CompareAtMinor})
		}
	}
	if len(now) > 0 {
		at, err := q.DatabaseTime(ctx)
		if err != nil {
			return nil, err
		}
		if _, err := applyPrices(ctx, q, []string{p.ID}, now, at); err != nil {
			return nil, err
		}
	}
	after, err := q.Snapshots(ctx, []string{p.ID})
	if err != nil {
		return nil, err
	}
	if Status(p.Status) == Published {
		if problem := unpublishable(&after[0]); problem != nil {
			return nil, problem.At("variants")
		}
	}
	was, is := variantValues(before), variantValues(&after[0])
	if fmt.Sprint(was) == fmt.Sprint(is) {
		return nil, nil
	}
	return &edit{action: audit.VariantsSet, before: was, after: is}, nil
}

// removed are those of the ids that are the product's: another's are ignored, as are
// those that were removed before.
func removed(p *db.Snapshot, ids []string) []string {
	own := []string{}
	for _, v := range p.Variants {
		if slices.Contains(ids, v.ID) {
			own = append(own, v.ID)
		}
	}
	return own
}

func (v *VariantsChange) checkSKUs(ctx context.Context, q *db.Queries, productID string) error {
	skus := make([]string, len(v.Variants))
	for i, in := range v.Variants {
		skus[i] = in.SKU
	}
	taken, err := q.SKUsElsewhere(ctx, db.SKUsElsewhereParams{SKUs: skus, ProductID: productID})
	if err != nil {
		return err
	}
	var c checks
	for i, in := range v.Variants {
		if slices.Contains(taken, in.SKU) {
			c.add(skuTaken(), "variants", strconv.Itoa(i), "sku")
		}
	}
	return c.err()
}

// variantValues are the options and variants of a product as the audit log has them.
func variantValues(p *db.Snapshot) audit.Values {
	variants := make([]audit.Values, len(p.Variants))
	for i, v := range p.Variants {
		variants[i] = audit.Values{
			"id": v.ID, "sku": v.SKU, "title": v.Title, "options": titleOf(v.Options), "weightGrams": v.WeightGrams, "taxClass": v.TaxClass, "barcode": v.Barcode,
			"restockAt": optional.Value(v.RestockAt).UTC().Format(time.RFC3339), "prices": priceValues(v.Prices)[v.ID],
		}
	}
	return audit.Values{"options": p.Options, "variants": variants}
}
