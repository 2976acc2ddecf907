package gatewaysim

import (
	"fmt"
	"time"
)

// Config configures the simulator. Names are prefixed with GATEWAYSIM_ in the
// environment.
type Config struct {
	Listen      string `env:"LISTEN"`
	DatabaseURL string `env:"DATABASE_URL"`

	// PublicURL is the base URL of the 3-D Secure page for browsers. Default: the
	// host of the merchant's request.
	PublicURL string `env:"PUBLIC_URL"`

	// APIKey is what the merchant sends as "Authorization: Bearer sk_…". Without
	// one every request is refused.
	APIKey string `env:"API_KEY"`

	// WebhookURL receives every event; empty: events stay in the database.
	WebhookURL    string `env:"WEBHOOK_URL"`
	WebhookSecret string `env:"WEBHOOK_SECRET"`

	// Chaos selects how unreliable webhooks are, Seed which of them are affected.
	Chaos Chaos  `env:"CHAOS" envDefault:"normal"`
	Seed  uint64 `env:"SEED"  envDefault:"1" min:"0" max:"4294967295"`

	// Slow is the delay of responses for the timeout tokens.
	Slow time.Duration `env:"SLOW" envDefault:"10s" min:"0s" max:"10m"`
}

// Chaos is how unreliable webhooks are.
type Chaos string

// The levels of chaos.
const (
	ChaosOff    Chaos = "off"    // each event once, at once
	ChaosNormal Chaos = "normal" // duplicated, late, out of order, before the answer
)

// UnmarshalText refuses a level that does not exist.
func (c *Chaos) UnmarshalText(text []byte) error {
	switch level := Chaos(text); level {
	case ChaosOff, ChaosNormal:
		*c = level
		return nil
	default:
		return fmt.Errorf("chaos is %q, want %q or %q", level, ChaosOff, ChaosNormal)
	}
}
