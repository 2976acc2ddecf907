package plan

import "sync/atomic"

// Stats are the lookups of the request cache (Documents) and of the plan cache.
type Stats struct{ Documents, Plans CacheStats }

// CacheStats count lookups.
type CacheStats struct{ Hits, Misses uint64 }

// Stats returns the counts since the planner was made.
func (p *Planner) Stats() Stats {
	return Stats{Documents: p.requestLookups.stats(), Plans: p.planLookups.stats()}
}

type lookupCounter struct{ hits, misses atomic.Uint64 }

func (c *lookupCounter) count(hit bool) {
	if hit {
		c.hits.Add(1)
	} else {
		c.misses.Add(1)
	}
}

func (c *lookupCounter) stats() CacheStats { return CacheStats{c.hits.Load(), c.misses.Load()} }
