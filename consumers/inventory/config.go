package inventory

import (
	"cmp"
	"time"
)

// Config configures the inventory worker.
type Config struct {
	Listen      string        `env:"LISTEN"`
	DatabaseURL string        `env:"DATABASE_URL"`
	SweepEvery  time.Duration `env:"SWEEP_EVERY" envDefault:"500ms" min:"10ms" max:"1m"` // delay until an expired hold is found
}

func (c Config) sweepEvery() time.Duration { return cmp.Or(c.SweepEvery, 500*time.Millisecond) }
