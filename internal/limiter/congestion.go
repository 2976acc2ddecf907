package limiter

import "time"

// congestion reports whether the callers of one class are more than the machine can
// process: their line has not been empty for a while, as in CoDel, or one was refused
// a moment ago. The second keeps a line that is short because callers are refused from
// counting as one that is short because few come.
type congestion struct {
	since    time.Time // the line has not been empty; zero: it is empty
	standing time.Time // the end of the state, unless another caller is refused
}

const (
	congestedAfter = 200 * time.Millisecond // a smaller burst is over by then
	congestedFor   = time.Second            // after the last refusal
)

// waiting records how many wait now.
func (c *congestion) waiting(now time.Time, n int) {
	switch {
	case n == 0:
		c.since = time.Time{}
	case c.since.IsZero():
		c.since = now
	}
}

// refused records that a caller was refused.
func (c *congestion) refused(now time.Time) {
	if c.is(now) {
		c.standing = now.Add(congestedFor)
	}
}

func (c *congestion) is(now time.Time) bool { return c.lasts(now, congestedAfter) }

// lasts reports whether the line has not been empty for so long, or has stood a moment
// ago.
func (c *congestion) lasts(now time.Time, after time.Duration) bool {
	return now.Before(c.standing) || (!c.since.IsZero() && now.Sub(c.since) >= after)
}
