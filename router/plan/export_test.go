package plan

// Forget empties what is known of clients' requests, and keeps the plans.
func (p *Planner) Forget() {
	p.texts.kept.Purge()
	p.steady.kept.Purge()
}

// Steady counts the documents that are known whatever their variables.
func (p *Planner) Steady() int { return p.steady.kept.Len() }
