package cart

import (
	"cartograph/internal/catalogue"
	"cartograph/internal/fault"
	"cartograph/internal/limits"
	"cartograph/internal/locale"
	"cartograph/internal/money"
)

// An Offer is the catalogue's current terms for a variant.
type Offer struct {
	Price       money.Money
	CompareAt   *money.Money
	Available   int
	CanBuy      bool
	MaxPerOrder int
	CategoryIDs []string // of the product and of the categories above it
	Parcel      *Parcel  // nil in the cache's entries of an earlier release
	Snapshot    Snapshot
	Stale       bool // from the cache, because the catalogue is unavailable

	Translations map[string]LineTexts `json:",omitempty"` // of the snapshot, by BCP 47 locale
}

// Parcel is what the delivery and the tax of a unit depend on.
type Parcel struct {
	Grams    int
	TaxClass catalogue.TaxClass
}

// LineTexts are the texts of a line in one language.
type LineTexts struct{ Title, Subtitle string }

// in is the offer for readers of a locale. The cache has one offer for all of them.
func (o Offer) in(reader string) Offer {
	if texts, found := locale.In(o.Translations, reader); found {
		o.Snapshot.Title, o.Snapshot.Subtitle = texts.Title, texts.Subtitle
	}
	return o
}

// limit is the greatest quantity that a line may be raised to.
func (o Offer) limit() int { return min(o.MaxPerOrder, limits.MaxCartLineQuantity) }

// check returns an error if a line may not be raised to n of the variant. Stock
// of a stale offer is ignored: it is as old as the cache, and refusing on its
// estimate would keep customers from buying what is in stock. Checkout reserves,
// so nothing is oversold by it.
func (o Offer) check(variantID string, n int) error {
	if n > o.limit() {
		return quantityLimit(o.limit())
	}
	if !o.Stale && (!o.CanBuy || n > o.Available) {
		return &StockError{VariantID: variantID, Requested: n, Available: o.Available}
	}
	return nil
}

// Offers is what is known of variants in one currency. A variant that is in
// neither map is unknown: the catalogue is unavailable and the cache does not
// have it, or it was not looked up.
type Offers struct {
	byVariant  map[string]Offer
	notForSale map[string]bool
}

// find returns the offer of a variant, or an error that separates a variant that
// is not for sale from one that nothing is known of.
func (o Offers) find(variantID string) (Offer, error) {
	offer, found := o.byVariant[variantID]
	switch {
	case found:
		return offer, nil
	case o.notForSale[variantID]:
		return Offer{}, fault.Localized(fault.NotFound, "cart.not_for_sale").WithCode("VARIANT_UNAVAILABLE")
	default:
		return Offer{}, fault.Localized(fault.Unavailable, "cart.prices_unavailable")
	}
}

// cover reports whether something is known of each variant.
func (o Offers) cover(variantIDs []string) bool {
	for _, id := range variantIDs {
		if _, found := o.byVariant[id]; !found && !o.notForSale[id] {
			return false
		}
	}
	return true
}
