package searchindex

// Config is what the worker needs to be told.
type Config struct {
	Listen      string `env:"LISTEN"`
	DatabaseURL string `env:"DATABASE_URL"` // the product database: the index lies there
}
