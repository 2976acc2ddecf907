package user

// Config is what the user subgraph needs to be told.
type Config struct {
	Listen      string `env:"LISTEN"`
	DatabaseURL string `env:"DATABASE_URL"`
}
