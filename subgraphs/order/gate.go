package order

import (
	"context"
	"time"

	"cartograph/internal/fault"
)

// gate lets so many buyers' commands be worked on at once, and as many more
// wait for a moment as may get their turn in it. Whoever comes beyond is told
// at once to come later: taking on more than can be borne would make everybody
// wait, and take from the purchases that have begun what they need to end.
type gate struct {
	inside   chan struct{}
	line     chan struct{} // those inside and those who wait
	patience time.Duration
}

const inLine = 64 // for each that is inside: a rush of sold-out answers moves fast

func newGate(atOnce int, patience time.Duration) *gate {
	return &gate{inside: make(chan struct{}, atOnce), line: make(chan struct{}, (1+inLine)*atOnce), patience: patience}
}

// enter waits for a turn. Whoever got one must leave.
func (g *gate) enter(ctx context.Context) (leave func(), err error) {
	select {
	case g.line <- struct{}{}:
	default:
		return nil, tooBusy()
	}
	leave = func() { <-g.inside; <-g.line }
	select {
	case g.inside <- struct{}{}:
		return leave, nil
	default: // wait
	}
	over := time.NewTimer(g.patience)
	defer over.Stop()
	select {
	case g.inside <- struct{}{}:
		return leave, nil
	case <-over.C:
		err = tooBusy()
	case <-ctx.Done():
		err = ctx.Err()
	}
	<-g.line
	return nil, err
}

func tooBusy() error {
	return fault.New(fault.RateLimited, "The shop is very busy. Nothing was done; please try again in a few seconds.")
}
