package inventory

import (
	"context"
	"time"

	"cartograph/internal/auth"
)

const (
	maxGroup   = 256             // requests decided in one transaction
	maxLeaders = 2               // transactions at once: one commits while the next gathers
	groupLimit = 5 * time.Second // for a transaction that many wait for
)

// group gathers requests that come at the same time into one transaction.
// A variant that everyone wants is then locked, written and flushed to disk
// once for hundreds of buyers instead of once for each.
//
// It has no goroutine of its own: one of those who wait leads, and decides for
// all who came until then.
type group struct {
	place   func(context.Context, []Request) ([]Hold, error)
	waiting chan ask
	leaders chan struct{} // as many tokens as there are leaders
}

type ask struct {
	ctx     context.Context
	request Request
	taken   chan struct{} // closed when someone decides about it
	answer  chan answer   // has room for the one answer
}

type answer struct {
	hold Hold
	err  error
}

func newGroup(place func(context.Context, []Request) ([]Hold, error)) *group {
	return &group{place: place, waiting: make(chan ask, 4*maxGroup), leaders: make(chan struct{}, maxLeaders)}
}

// hold answers after the transaction that holds r is committed. If ctx ends
// before, r may or may not be held: ask again.
func (g *group) hold(ctx context.Context, r Request) (Hold, error) {
	mine := ask{ctx, r, make(chan struct{}), make(chan answer, 1)}
	// Until it is in, and then until someone takes it, its owner may lead: that
	// makes room in the queue, and nobody waits for a leader who does not come.
	queue, taken, leaders := g.waiting, mine.taken, g.leaders
	for {
		select {
		case queue <- mine:
			queue = nil
		case <-taken:
			taken, leaders = nil, nil
		case leaders <- struct{}{}:
			g.lead(ctx)
			<-g.leaders
		case a := <-mine.answer:
			return a.hold, a.err
		case <-ctx.Done():
			return Hold{}, context.Cause(ctx)
		}
	}
}

// lead decides about those who wait now.
func (g *group) lead(ctx context.Context) {
	asks := g.gather()
	if len(asks) == 0 {
		return
	}
	requests := make([]Request, len(asks))
	for i, a := range asks {
		requests[i] = a.request
	}
	ctx, cancel := forAll(ctx, len(asks))
	defer cancel()
	holds, err := g.place(ctx, requests)
	for i, a := range asks {
		if err != nil {
			a.answer <- answer{err: err}
			continue
		}
		a.answer <- answer{hold: holds[i]}
	}
}

// gather takes who waits, and leaves out who gave up.
func (g *group) gather() []ask {
	var asks []ask
	for len(asks) < maxGroup {
		select {
		case a := <-g.waiting:
			close(a.taken)
			if a.ctx.Err() == nil {
				asks = append(asks, a)
			}
		default:
			return asks
		}
	}
	return asks
}

// forAll is the leader's context made fit for n requests: the others must not
// fail because the leader gave up, nor be told under its request's id.
func forAll(leader context.Context, n int) (context.Context, context.CancelFunc) {
	ctx := context.WithoutCancel(leader)
	if n > 1 {
		c := auth.From(ctx)
		c.RequestID = ""
		ctx = auth.With(ctx, c)
	}
	return context.WithTimeout(ctx, groupLimit)
}
