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

	// How many units may be held at once, in all open checkouts together, and how
	// long a guest holds them.
	GuestUnits    int           `env:"GUEST_UNITS" envDefault:"100" min:"1" max:"1000000"`     // by one guest
	NetworkUnits  int           `env:"NETWORK_UNITS" envDefault:"2000" min:"1" max:"1000000"`  // by the guests of one address
	CustomerUnits int           `env:"CUSTOMER_UNITS" envDefault:"5000" min:"1" max:"1000000"` // by one account
	GuestHold     time.Duration `env:"GUEST_HOLD" envDefault:"5m" min:"1s" max:"1h"`
	// How long scarce stock is kept from later guests for one who has yet to give an
	// e-mail address and an address.
	GuestTurn time.Duration `env:"GUEST_TURN" envDefault:"2m" min:"1s" max:"1h"`
}

func (c Config) limits() holdLimits {
	return holdLimits{
		guest: int64(cmp.Or(c.GuestUnits, 100)), network: int64(cmp.Or(c.NetworkUnits, 2000)),
		customer: int64(cmp.Or(c.CustomerUnits, 5000)), guestHold: cmp.Or(c.GuestHold, 5*time.Minute),
		guestTurn: cmp.Or(c.GuestTurn, 2*time.Minute),
	}
}

func (c Config) sweepEvery() time.Duration { return cmp.Or(c.SweepEvery, 500*time.Millisecond) }
