package payment

import (
	"time"

	"cartograph/subgraphs/payment/gateway"
)

// Config is what the payment subgraph needs to be told. Names are prefixed
// with PAYMENT_ in the environment.
type Config struct {
	Listen      string                  `env:"LISTEN"`
	DatabaseURL string                  `env:"DATABASE_URL"`
	Gateway     gateway.SimulatorConfig `envPrefix:"GATEWAY_"`

	// Workers is how many requests to the gateway may be under way at once,
	// for each of: payments, refunds, webhooks.
	Workers int `env:"WORKERS" envDefault:"16" min:"1" max:"1000"`

	// Lease is how long one request may take; after a crash it is repeated
	// when the lease has ended. It is longer than the gateway's time-out.
	Lease time.Duration `env:"LEASE" envDefault:"15s" min:"1s" max:"10m"`

	// Wait is how long a buyer is kept waiting for the gateway before the
	// answer is that the payment is being processed.
	Wait time.Duration `env:"WAIT" envDefault:"1500ms" min:"0s" max:"1m"`
}

// Validate refuses times that contradict each other.
func (c *Config) Validate(report func(path, format string, args ...any)) {
	if c.Lease <= c.Gateway.Timeout {
		// Another worker would send a request that is still under way.
		report("LEASE", "%s is not longer than PAYMENT_GATEWAY_TIMEOUT, %s", c.Lease, c.Gateway.Timeout)
	}
	if c.Wait > c.Lease {
		report("WAIT", "%s is longer than PAYMENT_LEASE, %s", c.Wait, c.Lease)
	}
}
