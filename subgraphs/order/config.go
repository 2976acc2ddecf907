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
	// Without an answer for so long, a purchase asks again.
	NudgeAfter time.Duration `env:"NUDGE_AFTER" envDefault:"10s" min:"2s" max:"1h"`
	// How often purchases without an answer are looked for.
	NudgeEvery time.Duration `env:"NUDGE_EVERY" envDefault:"5s" min:"10ms" max:"1h"`
	// How often purchases whose time is over are looked for.
	SweepEvery time.Duration `env:"SWEEP_EVERY" envDefault:"1s" min:"10ms" max:"1m"`
	// For how long checkouts that led to nothing are kept.
	KeepCheckouts time.Duration `env:"KEEP_CHECKOUTS" envDefault:"720h" min:"24h" max:"87600h"`
	// How many checkouts may be opened at once, and twice as many orders
	// placed, since those wait for the gateway too. Who gets no turn in time is
	// told to come later. More than the machine can bear makes calls time out,
	// and what they leave to events costs twice; 8 is for two processors.
	AtOnce int `env:"AT_ONCE" envDefault:"8" min:"1" max:"1000"`
	// How long one waits for a turn. It is shorter than clients wait for us.
	Patience time.Duration `env:"PATIENCE" envDefault:"3s" min:"1ms" max:"1m"`
}

// Validate refuses intervals that contradict each other.
func (c *Config) Validate(report func(path, format string, args ...any)) {
	if c.NudgeEvery > c.NudgeAfter {
		report("NUDGE_EVERY", "%s is longer than ORDER_NUDGE_AFTER, %s", c.NudgeEvery, c.NudgeAfter)
	}
}

const (
	extensions  = 2                       // of a hold; inventory counts them
	holdBudget  = 300 * time.Millisecond  // of a call to inventory; the event does it otherwise
	placeBudget = 1500 * time.Millisecond // of all calls while a buyer waits for orderPlace
	giveBack    = 300 * time.Millisecond  // of calls that give back
	maxQuantity = 10_000                  // of one line; keeps sums far from overflowing
	sweepBatch  = 200
	nudgeBatch  = 100
	mostNudges  = 30 // some four hours; then people must look
	numberDraws = 8  // of an order's number until a free one is found
)
