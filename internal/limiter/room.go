package limiter

import "time"

// room bounds how many may be ahead of a caller of one class that joins the line. The
// predicted wait is too short while callers of higher classes keep arriving: then those
// at the end of the line wait for as long as they may and are refused all the same. A
// caller that waited in vain halves the room, and each that is admitted enlarges it a
// little, so that nearly all whom the machine cannot serve are refused at once.
//
// The position counts, not the length of the line: a network that floods a class has
// only itself ahead of it.
type room struct {
	size float64
	cut  time.Time // when it was halved last
}

const (
	minRoom      = 2 // one of a network that floods the class, and one of another
	maxRoom      = 1 << 14
	growth       = 0.1 // for one that was admitted after a wait: ten make up for one place
	growthAtOnce = 1.0 // for one that did not wait: the overload is over
)

func newRoom() room { return room{size: maxRoom} }

func (r *room) has(ahead int) bool { return float64(ahead) < r.size }

func (r *room) grow(by float64) { r.size = min(maxRoom, r.size+by) }

// shrink is for a caller that waited in vain for so long behind others. Whoever joined
// before the last time saw the old room, and is no reason to halve the new one.
func (r *room) shrink(now time.Time, ahead int, waited time.Duration) {
	if now.Sub(r.cut) < waited {
		return
	}
	r.size, r.cut = max(minRoom, min(r.size, float64(ahead+1))/2), now
}
