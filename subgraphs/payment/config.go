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
	Workers int `env:"WORKERS" envDefault:"16"`

	// Lease is how long one request may take; after a crash it is repeated
	// when the lease has ended. It is longer than the gateway's time-out.
	Lease time.Duration `env:"LEASE" envDefault:"15s"`

	// Wait is how long a buyer is kept waiting for the gateway before the
	// answer is that the payment is being processed.
	Wait time.Duration `env:"WAIT" envDefault:"1500ms"`
}
