package order

import "time"

// Config of the order subgraph.
type Config struct {
	Listen      string `env:"LISTEN"`
	DatabaseURL string `env:"DATABASE_URL"`
	// For how long a checkout holds its stock and binds its prices at first.
	HoldSeconds int `env:"HOLD_SECONDS" envDefault:"600" min:"1" max:"3600"`
	// How much longer each extension makes it.
	ExtendSeconds int `env:"EXTEND_SECONDS" envDefault:"300" min:"1" max:"300"`
	// How long a purchase waits for a response before its outstanding events are
	// published again. Later retries wait longer.
	RetryStuckAfter time.Duration `env:"RETRY_STUCK_AFTER" envDefault:"10s" min:"2s" max:"1h"`
	// How often the service looks for stuck purchases.
	RetryStuckEvery time.Duration `env:"RETRY_STUCK_EVERY" envDefault:"5s" min:"10ms" max:"1h"`
	// How often the service looks for purchases whose time is over.
	SweepEvery time.Duration `env:"SWEEP_EVERY" envDefault:"1s" min:"10ms" max:"1m"`
	// How long after its confirmation an order is packed by itself, in one parcel by the
	// carrier of its shipping method. Until then it can be cancelled. 0: only staff pack.
	PackAfter time.Duration `env:"PACK_AFTER" envDefault:"30m" min:"0s" max:"720h"`
	// For how long after the last delivery units of an order can be returned.
	ReturnWindow time.Duration `env:"RETURN_WINDOW" envDefault:"720h" min:"0s" max:"87600h"`
	// How long an approved return waits for its parcel, and a parcel for the next report of
	// its carrier or its arrival, before the return expires.
	ReturnWithin time.Duration `env:"RETURN_WITHIN" envDefault:"504h" min:"1s" max:"8760h"`
	// For how long checkouts that were not ordered are kept.
	KeepCheckouts time.Duration `env:"KEEP_CHECKOUTS" envDefault:"720h" min:"24h" max:"87600h"`
	// How many checkouts may be opened at once, and twice as many orders placed,
	// since those wait for the gateway too. More than the processors can serve
	// makes peer calls time out, and the events they fall back to cost twice; 8 is
	// for two processors.
	MaxConcurrent int `env:"MAX_CONCURRENT" envDefault:"8" min:"1" max:"1000"`
	// How long a command waits for its turn before it is refused as RATE_LIMITED, within
	// the deadline of its request: a new checkout twice, to read its cart and to be
	// opened. It must be shorter than the timeout of the clients.
	QueueTimeout time.Duration `env:"QUEUE_TIMEOUT" envDefault:"3s" min:"1ms" max:"1m"`
}

// Validate refuses intervals that contradict each other.
func (c *Config) Validate(report func(path, format string, args ...any)) {
	if c.RetryStuckEvery > c.RetryStuckAfter {
		report("RETRY_STUCK_EVERY", "%s is longer than ORDER_RETRY_STUCK_AFTER, %s", c.RetryStuckEvery, c.RetryStuckAfter)
	}
}

// Budgets of peer calls while a client waits. What they do not achieve in time,
// the events do.
const (
	openBudget    = 500 * time.Millisecond  // what checkoutCreate needs at least
	holdBudget    = 300 * time.Millisecond  // a call to inventory
	placeBudget   = 1500 * time.Millisecond // all calls of orderPlace
	releaseBudget = 300 * time.Millisecond  // a call that undoes something
)
