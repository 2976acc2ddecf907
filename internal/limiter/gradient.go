package limiter

import (
	"math"
	"slices"
	"time"
)

const (
	window        = 250 * time.Millisecond // at least so long between two changes of the limit
	windowSamples = 20                     // and at least so many measurements
	maxSamples    = 512                    // that are kept of one window: a median needs no more
	// tolerance is how many times longer than alone work may take before the limit
	// falls. At 1 the machine would be idle between two pieces of work. The first few
	// add throughput, each further one only latency.
	tolerance = 3
	smoothing = 0.3 // how far one window lowers the limit, and moves the baselines
)

// gradient is a limit of concurrent work that adapts to how much longer work takes than
// it does while little else runs. It is not safe for concurrent use.
//
// Each kind of work has a baseline, the mean latency of it while little runs, and every
// measurement is divided by that of its kind: the limit must not fall only because
// there is more slow work and less fast work. The median of these ratios moves the
// limit. While one dependency is slow, the ratios of the work that does not use it stay,
// and so does the limit; a machine without a free processor slows all work.
//
// A limit that is not reached does not rise: its latency would be that of less work.
type gradient struct {
	low, high float64
	limit     float64
	kinds     map[string]*latency

	began  time.Time // of the window
	peak   int       // of those that ran at once in it
	ratios []float64 // of its measurements
}

// latency is that of one kind of work, in seconds.
type latency struct {
	baseline float64
	sum      float64 // of the measurements of the window
	count    float64 // of them
}

// maxKinds have a baseline of their own. Further ones share one.
const maxKinds = 1024

func newGradient(low, high int) *gradient {
	low = max(1, low)
	return &gradient{
		low: float64(low), high: float64(max(low, high)), limit: float64(low),
		kinds: map[string]*latency{}, ratios: make([]float64, 0, maxSamples),
	}
}

// places is how many may run at once.
func (g *gradient) places() int { return int(g.limit) }

// started records how many run at once.
func (g *gradient) started(running int) { g.peak = max(g.peak, running) }

// measured records how long a piece of work took, and changes the limit when its window
// ends with it.
func (g *gradient) measured(now time.Time, kind string, took time.Duration) {
	if g.began.IsZero() {
		g.began = now
	}
	seconds := took.Seconds()
	l := g.latency(kind)
	if l.baseline == 0 {
		l.baseline = seconds
	}
	if len(g.ratios) < maxSamples {
		g.ratios = append(g.ratios, seconds/l.baseline)
	}
	l.sum += seconds
	l.count++
	if len(g.ratios) < windowSamples || now.Sub(g.began) < window {
		return
	}
	g.adapt()
	g.began, g.peak, g.ratios = now, 0, g.ratios[:0]
}

func (g *gradient) latency(kind string) *latency {
	if g.kinds[kind] == nil && len(g.kinds) >= maxKinds {
		kind = ""
	}
	if g.kinds[kind] == nil {
		g.kinds[kind] = new(latency)
	}
	return g.kinds[kind]
}

func (g *gradient) adapt() {
	slices.Sort(g.ratios)
	slowdown := max(1, g.ratios[len(g.ratios)/2])
	// The root is room for a burst, and what raises the limit.
	next := g.limit*min(1, tolerance/slowdown) + math.Sqrt(g.limit)
	switch {
	case next < g.limit: // not at once: a window may have been an unusual one
		g.limit += smoothing * (next - g.limit)
	case float64(g.peak) >= g.limit/2:
		g.limit = next
	}
	g.limit = min(max(g.limit, g.low), g.high)
	g.setBaselines()
}

// setBaselines follows the latency of a quiet window up and down. A busy window only
// lowers it: a long overload would otherwise become the measure of itself.
func (g *gradient) setBaselines() {
	quiet := float64(g.peak) <= g.low/4
	for _, l := range g.kinds {
		if l.count == 0 {
			continue
		}
		if mean := l.sum / l.count; quiet || mean < l.baseline {
			l.baseline += smoothing * (mean - l.baseline)
		}
		l.sum, l.count = 0, 0
	}
}
