package gatewaysim

import (
	"fmt"
	"time"
)

// Config is what the simulator needs to be told. Names are prefixed with
// GATEWAYSIM_ in the environment.
type Config struct {
	Listen      string `env:"LISTEN"`
	DatabaseURL string `env:"DATABASE_URL"`

	// PublicURL is where a customer's browser finds us, for the 3-D Secure
	// page. Empty means the host that the merchant's request named.
	PublicURL string `env:"PUBLIC_URL"`

	// APIKey is what the merchant sends as "Authorization: Bearer sk_…".
	APIKey string `env:"API_KEY" envDefault:"sk_test_cartograph"`

	// WebhookURL is told of every event; empty keeps them waiting in the store.
	WebhookURL    string `env:"WEBHOOK_URL"`
	WebhookSecret string `env:"WEBHOOK_SECRET" envDefault:"whsec_test_cartograph"`

	// Chaos is how unreliable webhooks are, Seed which of them suffer.
	Chaos Chaos  `env:"CHAOS" envDefault:"normal"`
	Seed  uint64 `env:"SEED"  envDefault:"1" min:"0" max:"4294967295"`

	// Slow is how long the tokens of a timeout keep the merchant waiting.
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
