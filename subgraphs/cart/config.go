package cart

import "time"

// Config configures the cart subgraph.
type Config struct {
	Listen      string `env:"LISTEN"`
	DatabaseURL string `env:"DATABASE_URL"`
	// After how long without a change a cart is abandoned.
	AbandonAfter time.Duration `env:"ABANDON_AFTER" envDefault:"24h" min:"1m" max:"8760h"`
	// How often the service looks for such carts.
	AbandonEvery time.Duration `env:"ABANDON_EVERY" envDefault:"1m" min:"10ms" max:"1h"`
}
