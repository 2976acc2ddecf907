package plan

// ResetRequestCaches empties the caches of requests and documents, and keeps the
// plans.
func (p *Planner) ResetRequestCaches() {
	p.requests.lru.Purge()
	p.documents.lru.Purge()
}

// CachedDocuments counts the documents that are cached independently of variables.
func (p *Planner) CachedDocuments() int { return p.documents.lru.Len() }
