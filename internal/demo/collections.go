package demo

import "cartograph/internal/catalogue"

// Collection is a set of products that the shop shows together.
type Collection struct {
	ID, Slug, Title string
	Description     string
	ProductIDs      []string // by hand; or those with the tag, up to the price
	Tag             string
	MaxPriceMinor   int64 // in USD
	Translations    catalogue.Translations
}

// Collections are two of the shop's: one by hand and one by rule.
func Collections() []Collection {
	return []Collection{
		{
			ID: stableID("col_", "favourites"), Slug: "favourites", Title: "Our Favourites", Description: "What we use ourselves, every day.",
			ProductIDs:   []string{productID(SlugPriceMoved), productID(SlugFiveLeft), productID(SlugSoldOut)},
			Translations: catalogue.Translations{"de": {Title: "Unsere Lieblinge", Description: "Was wir selbst jeden Tag benutzen."}},
		},
		{
			ID: stableID("col_", "gifts-under-50"), Slug: "gifts-under-50", Title: "Gifts under $50", Description: "Small things that are used for a long time.",
			Tag: "gift", MaxPriceMinor: 5_000,
			Translations: catalogue.Translations{"de": {Title: "Geschenke unter 50 $", Description: "Kleines, das lange in Gebrauch bleibt."}},
		},
	}
}
