package searchindex

// Config is the configuration of the worker.
type Config struct {
	Listen      string `env:"LISTEN"`
	DatabaseURL string `env:"DATABASE_URL"` // the product database, which contains the index
}
