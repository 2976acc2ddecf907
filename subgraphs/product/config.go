package product

// Config is what the product subgraph needs to be told.
type Config struct {
	Listen      string `env:"LISTEN"`
	DatabaseURL string `env:"DATABASE_URL"`
	// MediaURL is where browsers find pictures: this role's /media, or a cache
	// in front of it.
	MediaURL string `env:"MEDIA_URL"`
	// Currencies are those that the shop sells in. Callers in another one are
	// shown USD.
	Currencies []string `env:"CURRENCIES" envDefault:"USD,EUR,GBP,JPY,KWD"`
}
