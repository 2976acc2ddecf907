package transport

import "sync"

// quota divides what a router holds at once, in connections or bytes, among its
// clients: no client holds more than its share, and all together no more than the
// total. It is safe for concurrent use.
type quota struct {
	share, total int

	mu   sync.Mutex
	used int
	held map[string]int // by client; one that holds nothing has no entry
}

// newQuota returns an unused quota. A total of 0 is no bound but the shares'.
func newQuota(share, total int) *quota {
	return &quota{share: share, total: total, held: map[string]int{}}
}

// take takes n for a client, or nothing and reports false.
func (q *quota) take(client string, n int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	held := q.held[client]
	if held+n > q.share || q.total > 0 && q.used+n > q.total {
		return false
	}
	q.held[client] = held + n
	q.used += n
	return true
}

// add takes n even beyond the bounds, for what exists already. Nobody can take
// any more until it is given back.
func (q *quota) add(client string, n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.held[client] += n
	q.used += n
}

// give returns n that a client took.
func (q *quota) give(client string, n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.used -= n
	if q.held[client] -= n; q.held[client] == 0 {
		delete(q.held, client)
	}
}
