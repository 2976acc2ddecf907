package ratelimit

import (
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// mostBuckets bounds what one process remembers. The bucket that was asked
// longest ago is forgotten first, and is full again when it is next met.
const mostBuckets = 100_000

// Local holds buckets in this process.
type Local struct {
	mu      sync.Mutex
	buckets *simplelru.LRU[string, fullAt]
	begun   time.Time
}

// NewLocal returns no buckets; each is full when it is first asked.
func NewLocal() *Local { return newLocal(mostBuckets) }

func newLocal(most int) *Local {
	buckets, err := simplelru.NewLRU[string, fullAt](most, nil)
	if err != nil { // of no size
		panic(err)
	}
	return &Local{buckets: buckets, begun: time.Now()}
}

// Allow takes one token of one bucket.
func (l *Local) Allow(key string, rate Rate) bool {
	return l.take([]Take{{Key: bounded(key), Rate: rate, N: 1}}).Allowed
}

func (l *Local) take(takes []Take) Decision {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := float64(time.Since(l.begun)) / float64(time.Microsecond)
	d := Decision{Allowed: true, States: make([]State, len(takes))}
	before, after := make([]fullAt, len(takes)), make([]fullAt, len(takes))
	longest := 0.0
	for i, t := range takes {
		before[i], _ = l.buckets.Get(t.Key)
		var wait float64
		after[i], wait = decide(before[i], now, t)
		if wait > longest {
			d.Allowed, d.Short, longest = false, i, wait
		}
	}
	d.Retry = time.Duration(longest * float64(time.Microsecond))
	for i, t := range takes {
		if !d.Allowed {
			d.States[i] = stateAt(before[i], now, t.Rate)
			continue
		}
		d.States[i] = stateAt(after[i], now, t.Rate)
		l.buckets.Add(t.Key, after[i])
	}
	return d
}
