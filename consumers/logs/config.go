package logs

import "time"

// Config configures the logging role.
type Config struct {
	Listen      string        `env:"LISTEN"`
	DatabaseURL string        `env:"DATABASE_URL"`
	Retention   time.Duration `env:"RETENTION" envDefault:"336h" min:"24h" max:"8784h"` // of records; counts and kinds as well
	AlertURL    string        `env:"ALERT_URL" format:"url"`                            // gets a POST for each new kind of error; empty: none
}
