// Package ratelimit counts what actors ask in token buckets.
//
// Of a bucket of rate r and burst b no more than b + r·t is ever taken within a
// time t, however many ask at once. The buckets stand in Redis, where all
// routers see them; while Redis is away each router counts by itself, so that
// its absence neither stops anybody nor opens the door.
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

// Rate is how fast a bucket fills and how much it holds.
type Rate struct {
	PerMinute float64
	Burst     int
}

// UnmarshalText reads "600:300": 600 a minute, 300 at once.
func (r *Rate) UnmarshalText(text []byte) error {
	rate, burst, ok := strings.Cut(string(text), ":")
	perMinute, rateErr := strconv.ParseFloat(rate, 64)
	most, burstErr := strconv.Atoi(burst)
	if !ok || rateErr != nil || burstErr != nil || !(perMinute > 0 && perMinute <= mostPerMinute) || most < 1 || most > mostBurst {
		return fmt.Errorf("%q is no rate: write a number per minute, a colon, and how many at once, such as 600:300", text)
	}
	*r = Rate{PerMinute: perMinute, Burst: most}
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (r Rate) MarshalText() ([]byte, error) {
	return []byte(strconv.FormatFloat(r.PerMinute, 'f', -1, 64) + ":" + strconv.Itoa(r.Burst)), nil
}

// Beyond these a bucket is no limit, and its times would not fit.
const (
	mostPerMinute = 1e9
	mostBurst     = 1_000_000_000
)

// interval is the time in which one token comes, in microseconds.
func (r Rate) interval() float64 { return float64(time.Minute/time.Microsecond) / r.PerMinute }

// Take asks for N tokens of the bucket named Key. More than a bucket holds are
// never there.
type Take struct {
	Field string // the root field that is counted; empty for the cost of all
	Key   string
	Rate  Rate
	N     int
}

// State is a bucket after a Take.
type State struct {
	Remaining int
	Reset     time.Duration // until it is full
}

// Decision says whether there was enough in every bucket; if not, nothing was
// taken from any.
type Decision struct {
	Allowed bool
	Short   int           // the bucket that needs longest to have enough, by its place
	Retry   time.Duration // until it has
	States  []State       // as they were left, one for each Take
}

// Limiter counts. It is safe for concurrent use.
type Limiter struct {
	shared *shared // nil: in process only
	own    *Local
	log    *slog.Logger
}

// New returns a limiter whose buckets stand in Redis, or in this process if
// there is none.
func New(client *redis.Client, log *slog.Logger) *Limiter {
	l := &Limiter{own: NewLocal(), log: log}
	if client != nil {
		l.shared = &shared{client}
	}
	return l
}

// Take takes from all buckets or from none, in one round trip.
func (l *Limiter) Take(ctx context.Context, takes ...Take) Decision {
	takes = slices.Clone(takes)
	for i, t := range takes {
		takes[i].Key = bounded(t.Key)
	}
	if l.shared != nil {
		decision, err := l.shared.take(ctx, takes)
		if err == nil {
			return decision
		}
		l.log.DebugContext(ctx, "rate limit in process", "err", err)
	}
	return l.own.take(takes)
}

// bounded keeps names of strangers' choice short.
func bounded(key string) string {
	const longest = 120
	if len(key) <= longest {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// fullAt is the one number that a bucket is: when it will be full again, in
// microseconds. Full means not later than now; each token taken moves it on by
// the interval of one; and it may not be further off than the burst fills in.
type fullAt = float64

// decide is the rule, for one bucket: the new number, and how long to wait
// until there is enough, 0 if there is. Less than a microsecond is nothing but
// the rounding of large numbers.
func decide(full fullAt, now float64, t Take) (next, wait float64) {
	interval := t.Rate.interval()
	next = max(full, now) + float64(t.N)*interval
	if wait = next - float64(t.Rate.Burst)*interval - now; wait < 1 {
		wait = 0
	}
	return next, wait
}

func stateAt(full fullAt, now float64, r Rate) State {
	full = max(full, now)
	const rounding = 1e-6 // tokens: what floating point may lack of a whole one
	return State{
		Remaining: max(0, int(float64(r.Burst)-(full-now)/r.interval()+rounding)),
		Reset:     time.Duration((full - now) * float64(time.Microsecond)),
	}
}
