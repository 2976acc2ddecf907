// Package ratelimit limits actors by token buckets.
//
// From a bucket of rate r and burst b at most b + r·t tokens are taken within
// any time t, however many requests arrive at once. Buckets are kept in Redis,
// where all routers share them. While Redis is unavailable each router uses
// buckets of its own, so that an outage neither blocks clients nor lifts the
// limit: n routers then allow at most n times the rate.
package ratelimit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"cartograph/router/redis"
)

// Rate is the refill rate of a bucket and its capacity.
type Rate struct {
	PerMinute float64
	Burst     int
}

// UnmarshalText reads "600:300": 600 tokens a minute, a burst of 300.
func (r *Rate) UnmarshalText(text []byte) error {
	rate, burst, ok := strings.Cut(string(text), ":")
	perMinute, rateErr := strconv.ParseFloat(rate, 64)
	most, burstErr := strconv.Atoi(burst)
	// Written so that NaN is refused: every comparison with it is false.
	inRange := perMinute > 0 && perMinute <= maxPerMinute && most >= 1 && most <= maxBurst
	if !ok || rateErr != nil || burstErr != nil || !inRange {
		return fmt.Errorf("%q is not a rate: expected tokens per minute, a colon and the burst, such as 600:300", text)
	}
	*r = Rate{PerMinute: perMinute, Burst: most}
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (r Rate) MarshalText() ([]byte, error) {
	return []byte(strconv.FormatFloat(r.PerMinute, 'f', -1, 64) + ":" + strconv.Itoa(r.Burst)), nil
}

// Above these a bucket limits nothing, and its times exceed the precision of a
// float64.
const (
	maxPerMinute = 1e9
	maxBurst     = 1_000_000_000
)

// interval is the time in which one token is refilled, in microseconds.
func (r Rate) interval() float64 { return float64(time.Minute/time.Microsecond) / r.PerMinute }

// Take is a request for N tokens of the bucket named Key. A bucket never holds
// more than its burst, so N above it is always refused.
type Take struct {
	Field    string // the root field that is counted; empty for an operation's cost
	Key      string
	Rate     Rate
	N        int
	Reserved int // of N: already taken from this process's bucket, by Reserve
}

// State is a bucket after a Take.
type State struct {
	Remaining int
	Reset     time.Duration // until it is full
}

// Decision is the outcome of several takes. They succeed together or not at
// all: a refused request takes no tokens from any bucket.
type Decision struct {
	Allowed    bool
	Exhausted  int           // if refused: the index of the Take that has to wait longest
	RetryAfter time.Duration // if refused: until that bucket holds enough
	States     []State       // after the decision, one for each Take
}

// Limiter decides whether tokens may be taken. It is safe for concurrent use.
type Limiter struct {
	redis *redisBuckets // nil: in process only
	local *Local        // the fallback while Redis is unavailable
	log   *slog.Logger
}

// New returns a limiter whose buckets are in Redis, or in this process if
// client is nil.
func New(client *redis.Client, log *slog.Logger) *Limiter {
	l := &Limiter{local: NewLocal(), log: log}
	if client != nil {
		l.redis = &redisBuckets{client}
	}
	return l
}

// Reserve takes from this process's buckets alone. What is reserved is part of
// the Take that follows, where Reserved names it.
func (l *Limiter) Reserve(takes ...Take) Decision { return l.local.take(bounded(takes)) }

// Take takes from all buckets or from none, in one round trip.
func (l *Limiter) Take(ctx context.Context, takes ...Take) Decision {
	takes = bounded(takes)
	if l.redis != nil {
		decision, err := l.redis.take(ctx, takes)
		if err == nil {
			l.local.raise(takes, decision.States)
			return decision
		}
		l.log.DebugContext(ctx, "rate limit falls back to this process", "err", err)
	}
	return l.local.take(takes)
}

func bounded(takes []Take) []Take {
	takes = slices.Clone(takes)
	for i, t := range takes {
		takes[i].Key = boundedKey(t.Key)
	}
	return takes
}

// boundedKey replaces a long key by its hash: keys hold ids that other issuers
// choose, and each is stored.
func boundedKey(key string) string {
	const maxBytes = 120
	if len(key) <= maxBytes {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// A bucket is one number, as in the generic cell rate algorithm (GCRA): the
// time at which it is full again, in microseconds since an epoch. Now or
// earlier means full; each token taken moves it later by one interval; and it
// may be at most burst intervals ahead of now, which is an empty bucket. So no
// refill has to run, and a bucket that was never used needs no entry: its zero
// is long past.
//
// Unix microseconds need 51 of a float64's 53 bits, so times are exact to about
// a quarter of a microsecond. Lua has the same numbers, which is why Redis and
// this process decide alike.
type fullAt = float64

// decide applies one Take to a bucket: its new value, and the time to wait
// until there is enough, 0 if there is. A wait below one microsecond is rounding
// and counts as none; otherwise a client that returns exactly after Retry-After
// could be refused again.
func decide(full fullAt, now float64, t Take) (next fullAt, wait float64) {
	interval := t.Rate.interval()
	next = max(full, now) + float64(t.N)*interval
	if wait = next - float64(t.Rate.Burst)*interval - now; wait < 1 {
		wait = 0
	}
	return next, wait
}

func stateAt(full fullAt, now float64, r Rate) State {
	full = max(full, now)
	const rounding = 1e-6 // tokens: 2.9999999 of them are 3
	return State{
		Remaining: max(0, int(float64(r.Burst)-(full-now)/r.interval()+rounding)),
		Reset:     time.Duration((full - now) * float64(time.Microsecond)),
	}
}
