package limiter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// ErrWaitTooLong refuses a caller at once that would wait for longer than its class
// may. It matches ErrOverloaded.
var ErrWaitTooLong = fmt.Errorf("%w: the wait would be too long", ErrOverloaded)

// PriorityConfig bounds a Priority.
type PriorityConfig struct {
	Min, Max int             // of those that run at once; less than one counts as one
	Waits    []time.Duration // how long one of each class waits at most, or twice as long as one runs; class 0 goes first
	// BusyWaits are the same while a class is congested, or until two places become free.
	// Zero, or none: as Waits.
	BusyWaits []time.Duration
}

// Priority bounds how many run at once by what the machine can process, and lets a higher
// class go first. The bound follows the measured latency, see gradient.
//
// Within a class the keys take turns, as in Fair. Of four places that become free while
// several classes wait, three go to the highest of them and one to the others in turn:
// otherwise a flood of the highest would keep out all others for as long as it lasts.
//
// A line that was empty a moment ago is a burst, which the machine will process: its
// callers wait. A line that does not get empty is more than the machine can process,
// and each wait in it delays a refusal: see congestion.
// It is safe for concurrent use.
type Priority struct {
	waits, busyWaits []time.Duration

	mu        sync.Mutex
	limit     *gradient
	running   int
	average   float64 // seconds that one runs, of the latest
	lines     []line  // by class
	rooms     []room  // of the lines
	congested []congestion
	contested int // places that became free while several classes waited
	previous  int // the class that got the last reserved place
	refused   []uint64
}

// reserved is which of the places goes to a class that is not the highest.
const reserved = 4

// NewPriority returns an idle limiter.
func NewPriority(c PriorityConfig) *Priority {
	classes := len(c.Waits)
	p := &Priority{
		waits: c.Waits, limit: newGradient(c.Min, c.Max), lines: make([]line, classes), rooms: make([]room, classes),
		refused: make([]uint64, classes), congested: make([]congestion, classes), busyWaits: make([]time.Duration, classes),
	}
	copy(p.busyWaits, c.BusyWaits)
	for class := range classes {
		p.lines[class], p.rooms[class] = newLine(), newRoom()
	}
	return p
}

// Acquire waits until a caller of a class, with a key, may run. A caller that is
// admitted, which is one that gets no error, must call Release once. Other results are
// ErrWaitTooLong, ErrQueueTimeout, and the cause for which ctx ended.
func (p *Priority) Acquire(ctx context.Context, class int, key string) error {
	w, err := p.enter(class, key)
	if w == nil {
		return err
	}
	timer := time.NewTimer(p.recheck(w))
	defer timer.Stop()
	for {
		select {
		case <-w.admitted:
			return nil
		case <-timer.C:
			if again := p.recheck(w); again > 0 {
				timer.Reset(again)
				continue
			}
			return p.leave(w, ErrQueueTimeout)
		case <-ctx.Done():
			return p.leave(w, context.Cause(ctx))
		}
	}
}

// recheck is how long a caller waits until it is decided whether it waits on; zero: it
// has waited for as long as it may. The class may become congested meanwhile.
func (p *Priority) recheck(w *waiter) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	left := p.longest(now, w.class) - now.Sub(w.joined)
	if busy := p.busyWaits[w.class]; busy > 0 {
		left = min(left, busy)
	}
	return left
}

// waiter is a caller in a line.
type waiter struct {
	class    int
	key      string
	admitted chan struct{} // closed when it is admitted
	joined   time.Time
	ahead    int // callers of its class when it joined
}

// enter admits the caller, or lets it join the line of its class. No caller waits while
// a place is free, since pass gives it away.
func (p *Priority) enter(class int, key string) (*waiter, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running < p.limit.places() {
		p.start()
		p.rooms[class].grow(growthAtOnce)
		return nil, nil
	}
	w := &waiter{class: class, key: key, joined: time.Now(), ahead: p.lines[class].ahead(key)}
	if !p.rooms[class].has(w.ahead) || p.predictable(w.joined, class) && p.predict(class, w.ahead) > p.longest(w.joined, class) {
		p.refuse(w.joined, class)
		return nil, ErrWaitTooLong
	}
	w.admitted = p.lines[class].join(key)
	p.congested[class].waiting(w.joined, p.lines[class].waiting)
	return w, nil
}

func (p *Priority) refuse(now time.Time, class int) {
	p.refused[class]++
	p.congested[class].refused(now)
}

func (p *Priority) start() {
	p.running++
	p.limit.started(p.running)
}

// longest is how long a caller of a class waits at most. Where all work takes long, a
// fixed time would refuse whatever is next in line. No class waits for longer than the
// longest of the fixed times.
func (p *Priority) longest(now time.Time, class int) time.Duration {
	one := time.Duration(p.average * float64(time.Second))
	if busy := p.busyWaits[class]; busy > 0 && p.congested[class].is(now) {
		between := time.Duration(float64(one) / p.limit.limit) // two places that become free
		return max(busy, min(2*between, p.waits[class]))
	}
	return max(p.waits[class], min(2*one, slices.Max(p.waits)))
}

// predictable reports whether the wait of a caller can be predicted: a line before it has
// lasted for half of what its callers wait. The first of a burst open connections and
// fill caches; by their latency, a burst that is over in a second seems to take ten.
func (p *Priority) predictable(now time.Time, class int) bool {
	for i := range class + 1 {
		if p.congested[i].lasts(now, max(congestedAfter, p.waits[i]/2)) {
			return true
		}
	}
	return false
}

// predict is how long a caller would wait with so many of its class ahead: for all of
// the higher classes, but not for longer than the reserved places take to reach it.
func (p *Priority) predict(class, ahead int) time.Duration {
	own := 1 + ahead
	higher, sharing := 0, 1 // that wait; classes that share the reserved places
	for i := range p.lines {
		waiting := p.lines[i].waiting
		switch {
		case waiting == 0 || i == class:
		case i > class:
			sharing++
		default:
			sharing += min(higher, 1) // the highest has the other places
			higher += waiting
		}
	}
	if higher > 0 {
		own = min(own+higher, own*sharing*reserved)
	}
	return time.Duration(float64(own) * p.average / p.limit.limit * float64(time.Second))
}

// leave removes a caller from its line. One that was admitted meanwhile gives its
// place back: it must not be lost.
func (p *Priority) leave(w *waiter, reason error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.lines[w.class].leave(w.key, w.admitted) {
		p.running--
		p.pass()
	}
	now := time.Now()
	p.congested[w.class].waiting(now, p.lines[w.class].waiting)
	if errors.Is(reason, ErrQueueTimeout) {
		p.refuse(now, w.class)
		p.rooms[w.class].shrink(now, w.ahead, now.Sub(w.joined))
	}
	return reason
}

// Release ends what Acquire admitted. It was of a kind, whose latency is compared with
// that of its like only, and ran for so long; 0 is not measured, for example because it
// did not run to its end.
func (p *Priority) Release(kind string, ran time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running == 0 {
		panic("limiter: Release without Acquire") // the bound would be broken from here on
	}
	p.running--
	if ran > 0 {
		const latest = 32 // measurements that the average follows
		p.average += (ran.Seconds() - p.average) / latest
		p.limit.measured(time.Now(), kind, ran)
	}
	p.pass()
}

// pass gives free places to those that wait. There are several when the limit has
// risen, and none when it has fallen.
func (p *Priority) pass() {
	for p.running < p.limit.places() {
		class := p.choose()
		if !p.lines[class].next() {
			return
		}
		if p.lines[class].waiting == 0 {
			p.congested[class].waiting(time.Time{}, 0)
		}
		p.start()
		p.rooms[class].grow(growth)
	}
}

// choose returns the class that gets the next place: the highest that waits, or for
// each fourth place one of the others.
func (p *Priority) choose() int {
	waiting := make([]int, 0, 8) // on the stack
	for class := range p.lines {
		if p.lines[class].waiting > 0 {
			waiting = append(waiting, class)
		}
	}
	switch len(waiting) {
	case 0:
		return 0
	case 1:
		return waiting[0]
	}
	if p.contested++; p.contested%reserved != 0 {
		return waiting[0]
	}
	others := waiting[1:]
	at := max(0, slices.IndexFunc(others, func(class int) bool { return class > p.previous }))
	p.previous = others[at]
	return p.previous
}

// PriorityState is a Priority at one moment.
type PriorityState struct {
	Limit, Running int
	Waiting        []int    // by class
	Refused        []uint64 // by class, since the beginning
}

// State returns what the limiter does now.
func (p *Priority) State() PriorityState {
	p.mu.Lock()
	defer p.mu.Unlock()
	state := PriorityState{Limit: p.limit.places(), Running: p.running, Refused: slices.Clone(p.refused)}
	for class := range p.lines {
		state.Waiting = append(state.Waiting, p.lines[class].waiting)
	}
	return state
}
