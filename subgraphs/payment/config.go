package payment

import (
	"fmt"
	"time"

	"cartograph/subgraphs/payment/gateway"
)

// Config configures the payment subgraph. Names are prefixed with PAYMENT_ in the
// environment.
type Config struct {
	Listen      string         `env:"LISTEN"`
	DatabaseURL string         `env:"DATABASE_URL"`
	Gateway     gateway.Config `envPrefix:"GATEWAY_"`

	// Provider is whose gateway it is; its URL, keys and secrets are those of Gateway.
	Provider Provider `env:"GATEWAY" envDefault:"simulator"`

	// Workers is the number of concurrent requests to the gateway, for each of
	// payments, refunds, disputes and webhooks.
	Workers int `env:"WORKERS" envDefault:"16" min:"1" max:"1000"`

	// Lease is how long a process owns an operation that it has sent; after a
	// crash the operation is sent again when the lease has ended. It must exceed
	// the gateway's timeout, or a slow request is sent twice at once.
	Lease time.Duration `env:"LEASE" envDefault:"15s" min:"1s" max:"10m"`

	// Wait is how long a request waits for the gateway before it is answered with
	// a payment that is PROCESSING.
	Wait time.Duration `env:"WAIT" envDefault:"1500ms" min:"0s" max:"1m"`
}

// Provider is a payment provider that there is a client of.
type Provider string

// The providers.
const (
	Simulator Provider = "simulator"
	Stripe    Provider = "stripe"
)

// UnmarshalText refuses a provider without a client.
func (p *Provider) UnmarshalText(text []byte) error {
	switch name := Provider(text); name {
	case Simulator, Stripe:
		*p = name
		return nil
	default:
		return fmt.Errorf("payment gateway is %q, want %q or %q", name, Simulator, Stripe)
	}
}

// Validate reports durations that contradict each other.
func (c *Config) Validate(report func(path, format string, args ...any)) {
	if c.Lease <= c.Gateway.Timeout {
		// Another worker would send a request whose outcome is still awaited.
		report("LEASE", "%s is not longer than PAYMENT_GATEWAY_TIMEOUT, %s", c.Lease, c.Gateway.Timeout)
	}
	if c.Provider == Stripe && c.Gateway.URL == "" {
		report("GATEWAY_URL", "not set; that of Stripe is https://api.stripe.com")
	}
	if c.Wait > c.Lease {
		report("WAIT", "%s is longer than PAYMENT_LEASE, %s", c.Wait, c.Lease)
	}
}
