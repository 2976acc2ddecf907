package inventory

import (
	"cmp"
	"time"
)

// Config is what the inventory worker needs to be told.
type Config struct {
	Listen      string        `env:"LISTEN"`
	DatabaseURL string        `env:"DATABASE_URL"`
	SweepEvery  time.Duration `env:"SWEEP_EVERY" envDefault:"500ms" min:"10ms" max:"1m"` // how late an expired hold may be noticed
}

func (c Config) sweepEvery() time.Duration { return cmp.Or(c.SweepEvery, 500*time.Millisecond) }
