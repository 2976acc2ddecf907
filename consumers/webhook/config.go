package webhook

import "time"

// Config configures the webhook worker.
type Config struct {
	Listen      string        `env:"LISTEN"`
	DatabaseURL string        `env:"DATABASE_URL"`
	Timeout     time.Duration `env:"TIMEOUT" envDefault:"10s" min:"1s" max:"15s"` // of an attempt, with the response
}
