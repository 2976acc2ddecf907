package plan

import "sync"

// Memo holds what an executor has compiled from a plan, for as long as the plan
// is cached.
type Memo struct {
	once sync.Once
	made any
}

// Do returns the result of the first call of make. Concurrent callers wait for it.
func (m *Memo) Do(make func() any) any {
	m.once.Do(func() { m.made = make() })
	return m.made
}
