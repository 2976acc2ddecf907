package ratelimit

import (
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// maxBuckets bounds the memory of one process. The least recently used bucket
// is dropped first, and is full when it is used again: an attacker with more
// addresses than this gets a burst for each, and no other is affected.
const maxBuckets = 100_000

// Local holds buckets in this process. It is safe for concurrent use.
type Local struct {
	mu      sync.Mutex
	buckets *simplelru.LRU[string, fullAt]
	epoch   time.Time // times count from here on the monotonic clock, which never steps back
}

// NewLocal returns a Local in which every bucket is full.
func NewLocal() *Local { return newLocal(maxBuckets) }

func newLocal(size int) *Local {
	buckets, err := simplelru.NewLRU[string, fullAt](size, nil)
	if err != nil { // only a size below 1
		panic(err)
	}
	return &Local{buckets: buckets, epoch: time.Now()}
}

// Allow takes one token from one bucket.
func (l *Local) Allow(key string, rate Rate) bool { return l.AllowN(key, rate, 1) }

// AllowN takes n tokens from one bucket, or none.
func (l *Local) AllowN(key string, rate Rate, n int) bool {
	return l.take([]Take{{Key: boundedKey(key), Rate: rate, N: n}}).Allowed
}

// take decides all takes before it stores any, under one lock, so that a
// refusal by the last bucket leaves the first ones untouched. takeScript does
// the same in Redis; a test holds the two together.
func (l *Local) take(takes []Take) Decision {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	d := Decision{Allowed: true, States: make([]State, len(takes))}
	before, after := make([]fullAt, len(takes)), make([]fullAt, len(takes))
	maxWait := 0.0
	for i, t := range takes {
		before[i], _ = l.buckets.Get(t.Key)
		var wait float64
		t.N -= t.Reserved
		after[i], wait = decide(before[i], now, t)
		if wait > maxWait {
			d.Allowed, d.Exhausted, maxWait = false, i, wait
		}
	}
	d.RetryAfter = time.Duration(maxWait * float64(time.Microsecond))
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

// raise empties buckets to the states that Redis has, never fills them: a
// reservation may not have reached Redis yet.
func (l *Local) raise(takes []Take, states []State) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	for i, t := range takes {
		full := now + float64(states[i].Reset)/float64(time.Microsecond)
		if known, _ := l.buckets.Get(t.Key); full > known {
			l.buckets.Add(t.Key, full)
		}
	}
}

// now is the time since the epoch, in microseconds.
func (l *Local) now() fullAt { return float64(time.Since(l.epoch)) / float64(time.Microsecond) }
