package shipping

import "time"

// Config configures the shipping worker.
type Config struct {
	Listen      string `env:"LISTEN"`
	DatabaseURL string `env:"DATABASE_URL"`
	// How often the carrier is read for reports of a parcel at first. The pauses grow
	// while there are none.
	PollEvery time.Duration `env:"POLL_EVERY" envDefault:"2s" min:"50ms" max:"1h"`
	// How long a request to the carrier may take.
	Timeout time.Duration `env:"TIMEOUT" envDefault:"10s" min:"100ms" max:"1m"`
	// How long the simulated carrier takes to the door, about.
	Transit time.Duration `env:"TRANSIT" envDefault:"1m" min:"1s" max:"720h"`
	// Decides what the simulated carrier does with which parcel.
	Seed int64 `env:"SEED" envDefault:"1" min:"0" max:"1000000"`
}
