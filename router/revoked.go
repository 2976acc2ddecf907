package router

import (
	"sync"
	"time"
)

// maxRevoked bounds the memory of RevokedSessions to some 20 MB.
const maxRevoked = 200_000

// RevokedSessions are the sessions whose access tokens are refused although they
// have not expired. Each is forgotten when its last token has expired, which is a
// quarter of an hour after the session's last refresh. It is safe for concurrent
// use.
type RevokedSessions struct {
	mu    sync.RWMutex
	until map[string]time.Time
	now   func() time.Time
}

// NewRevokedSessions returns an empty set.
func NewRevokedSessions() *RevokedSessions {
	return &RevokedSessions{until: map[string]time.Time{}, now: time.Now}
}

// Add refuses the access tokens of a session, the last of which expires at a
// moment. When the set is full, the session whose tokens expire first is dropped:
// it is the one that needs the protection for the shortest time.
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
	until, revoked := r.until[sessionID]
	return revoked && until.After(r.now())
}
