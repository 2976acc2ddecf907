package plan

import "sync"

// Memo keeps what an executor made of a plan, for as long as the plan is
// cached.
type Memo struct {
	once sync.Once
	made any
}

// Do returns what make returned when it was called first.
func (m *Memo) Do(make func() any) any {
	m.once.Do(func() { m.made = make() })
	return m.made
}
