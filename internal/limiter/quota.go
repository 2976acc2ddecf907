package limiter

import "sync"

// Quota divides what a program holds at once, in connections or bytes, between
// keys, for example the networks of clients: no key holds more than its share, and
// all together no more than the total. No caller waits. It is safe for concurrent use.
type Quota struct {
	share, total int

	mu   sync.Mutex
	used int
	held map[string]int // by key; one that holds nothing has no entry
}

// NewQuota returns an unused quota. A total of 0 is no bound but the shares'; a share
// may be Unbounded.
func NewQuota(share, total int) *Quota {
	return &Quota{share: share, total: total, held: map[string]int{}}
}

// Share is how much one key may hold.
func (q *Quota) Share() int { return q.share }

// Take takes n for a key, or nothing and reports false.
func (q *Quota) Take(key string, n int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	held := q.held[key]
	if held+n > q.share || q.total > 0 && q.used+n > q.total {
		return false
	}
	q.held[key] = held + n
	q.used += n
	return true
}

// Add takes n even beyond the bounds, for what exists already. No caller can take
// any more until it is given back.
func (q *Quota) Add(key string, n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.held[key] += n
	q.used += n
}

// Give returns n that a key took.
func (q *Quota) Give(key string, n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.used -= n
	if q.held[key] -= n; q.held[key] == 0 {
		delete(q.held, key)
	}
}
