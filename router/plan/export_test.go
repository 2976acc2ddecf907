package plan

// ResetRequestCaches empties the caches of requests and documents, and keeps the
// plans.
func (p *Planner) ResetRequestCaches() {
	p.requests.lru.Purge()
	p.documents.lru.Purge()
}

// CachedDocuments counts the documents that are cached independently of variables.
func (p *Planner) CachedDocuments() int { return p.documents.lru.Len() }

// CheckFetchGraph is the check before post-processing.
var CheckFetchGraph = checkFetchGraph

// BreakNextPipeline makes the next preparation panic.
func (p *Planner) BreakNextPipeline() {
	whole := p.pipelines.New
	broken := false
	p.pipelines.New = func() any {
		if broken {
			return whole()
		}
		broken = true
		return &pipeline{}
	}
}
