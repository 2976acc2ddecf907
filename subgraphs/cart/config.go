package cart

// Config is what the cart subgraph needs to be told.
type Config struct {
	Listen      string `env:"LISTEN"`
	DatabaseURL string `env:"DATABASE_URL"`
}
