package product

import "cartograph/subgraphs/product/media"

// Config is the configuration of the product subgraph.
type Config struct {
	Listen      string `env:"LISTEN"`
	DatabaseURL string `env:"DATABASE_URL"`
	// MediaURL is the public base URL of pictures: this role's /media, or a cache
	// in front of it.
	MediaURL string `env:"MEDIA_URL"`
	// ShopURL is the public base URL of the shop's pages, for canonical addresses.
	ShopURL string `env:"SHOP_URL"`
	// Media bounds the pictures that are uploaded.
	Media media.Config `envPrefix:"MEDIA_"`
	// Locale is the language of the catalogue's own texts, to which translations fall
	// back.
	Locale string `env:"LOCALE" envDefault:"en"`
	// Currencies are those that the shop sells in. Callers in another one get the
	// first: the router role reads this setting too.
	Currencies []string `env:"CURRENCIES" envDefault:"USD,EUR,GBP,JPY,KWD"`
	// MaxConcurrentSearches is how many searches run at once. The rest of the
	// processor's time stays free for pages and prices.
	MaxConcurrentSearches int `env:"MAX_CONCURRENT_SEARCHES" envDefault:"4" min:"1" max:"64"`
}
