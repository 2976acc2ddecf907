package limits_test

import (
	"math"
	"testing"

	"cartograph/internal/limits"
)

// The untyped constants are assigned first: a comparison of constants would be
// decided by the compiler, and by nobody else.
func TestBoundsThatDependOnEachOtherAgree(t *testing.T) {
	t.Parallel()
	var (
		lines, holdLines       = limits.MaxCartLines, limits.MaxHoldLines
		cart, order, wire      = limits.MaxCartLineQuantity, limits.MaxOrderLineQuantity, limits.MaxQuantity
		shortest, longest      = limits.MinHold, limits.MaxHold
		extendedBy, extensions = limits.MaxHoldExtension, limits.MaxHoldExtensions
		event, segment, inbox  = limits.EventRetention, limits.SegmentRetention, limits.InboxRetention
	)
	if lines > holdLines {
		t.Errorf("a cart of %d lines cannot be held: a hold has %d at most", lines, holdLines)
	}
	if cart > order || order > wire {
		t.Errorf("a cart's line holds %d, an order's %d, a message %d: want each to fit the next", cart, order, wire)
	}
	if shortest <= 0 || shortest > longest || extendedBy > longest || extensions < 0 {
		t.Errorf("holds live from %s to %s and are extended %d times by %s", shortest, longest, extensions, extendedBy)
	}
	if inbox <= event+segment {
		t.Errorf("a handled event is kept for %s and can be delivered again for %s", inbox, event+segment)
	}
	const price = 1e11
	if most := math.MaxInt64 / price / float64(order) / float64(holdLines); most < 1 {
		t.Errorf("the total of an order of the most lines overflows at a price of %g", float64(price))
	}
}
