package plan

import "sync/atomic"

// Stats tell how well the caches work.
type Stats struct{ Documents, Plans CacheStats }

// CacheStats count lookups.
type CacheStats struct{ Hits, Misses uint64 }

// Stats are those of the planner so far.
func (p *Planner) Stats() Stats {
	return Stats{Documents: p.textUse.stats(), Plans: p.planUse.stats()}
}

type cacheUse struct{ hits, misses atomic.Uint64 }

func (c *cacheUse) count(hit bool) {
	if hit {
		c.hits.Add(1)
	} else {
		c.misses.Add(1)
	}
}

func (c *cacheUse) stats() CacheStats { return CacheStats{c.hits.Load(), c.misses.Load()} }
