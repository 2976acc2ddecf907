package router

import (
	"sync"
	"time"
)

// maxRevoked bounds the memory of RevokedSessions to some 20 MB.
const maxRevoked = 200_000

// RevokedSessions are the sessions whose access tokens are refused although they
// have not expired, and the API clients whose keys were revoked. A session is removed
// when its last token has expired, which is a quarter of an hour after its last refresh;
// a client when no cache has its keys any more. It is safe for concurrent use.
type RevokedSessions struct {
	mu        sync.RWMutex
	until     map[string]time.Time
	listeners map[string]map[*func()]struct{} // of OnRevoked, by session
	now       func() time.Time
}

// NewRevokedSessions returns an empty set.
func NewRevokedSessions() *RevokedSessions {
	return &RevokedSessions{until: map[string]time.Time{}, listeners: map[string]map[*func()]struct{}{}, now: time.Now}
}

// Add refuses the access tokens of a session, the last of which expires at a
// moment, and calls the session's functions of OnRevoked. When the set is full, the
// session whose tokens expire first is dropped: it is the one that needs the
// protection for the shortest time.
func (r *RevokedSessions) Add(sessionID string, expire time.Time) {
	expire = expire.Add(clockSkew)
	r.mu.Lock()
	defer r.mu.Unlock()
	if !expire.After(r.now()) {
		return
	}
	if _, known := r.until[sessionID]; !known && len(r.until) >= maxRevoked {
		r.dropExpired()
		if len(r.until) >= maxRevoked {
			r.dropFirst()
		}
	}
	r.until[sessionID] = expire
	r.callListeners(sessionID)
}

// end calls the functions of OnRevoked without a revocation.
func (r *RevokedSessions) end(sessionID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.callListeners(sessionID)
}

func (r *RevokedSessions) callListeners(sessionID string) {
	for end := range r.listeners[sessionID] {
		go (*end)()
	}
	delete(r.listeners, sessionID)
}

// OnRevoked calls end once in a goroutine of its own when a session is revoked: now
// if it is already. The function that it returns ends the registration; a call of
// end may then be under way.
//
// The check and the registration are under the lock that Add holds, so that no
// revocation falls in between. A registration lives as long as its stream, so
// their number is bounded by that of the streams.
func (r *RevokedSessions) OnRevoked(sessionID string, end func()) (stop func()) {
	if r == nil || sessionID == "" {
		return func() {}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.has(sessionID) {
		go end()
		return func() {}
	}
	if r.listeners[sessionID] == nil {
		r.listeners[sessionID] = map[*func()]struct{}{}
	}
	r.listeners[sessionID][&end] = struct{}{}
	return func() { r.remove(sessionID, &end) }
}

func (r *RevokedSessions) remove(sessionID string, end *func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.listeners[sessionID], end)
	if len(r.listeners[sessionID]) == 0 {
		delete(r.listeners, sessionID)
	}
}

func (r *RevokedSessions) dropExpired() {
	now := r.now()
	for id, until := range r.until {
		if !until.After(now) {
			delete(r.until, id)
		}
	}
}

func (r *RevokedSessions) dropFirst() {
	first, least := "", time.Time{}
	for id, until := range r.until {
		if first == "" || until.Before(least) {
			first, least = id, until
		}
	}
	delete(r.until, first)
}

// Has reports whether a session is revoked. Nothing is revoked in a nil set.
func (r *RevokedSessions) Has(sessionID string) bool {
	if r == nil || sessionID == "" {
		return false
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.has(sessionID)
}

func (r *RevokedSessions) has(sessionID string) bool {
	until, revoked := r.until[sessionID]
	return revoked && until.After(r.now())
}
