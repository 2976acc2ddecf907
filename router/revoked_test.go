package router

import (
	"strconv"
	"sync"
	"testing"
	"time"
)

func TestRevokedSessionsAreRemovedWhenTheirTokensHaveExpired(t *testing.T) {
	t.Parallel()
	now := time.Now()
	r := NewRevokedSessions()
	r.now = func() time.Time { return now }
	r.Add("ses_1", now.Add(time.Minute))
	r.Add("ses_expired", now.Add(-clockSkew))
	for id, want := range map[string]bool{"ses_1": true, "ses_2": false, "ses_expired": false, "": false} {
		if got := r.Has(id); got != want {
			t.Errorf("session %q is revoked: %v, want %v", id, got, want)
		}
	}
	now = now.Add(time.Minute + clockSkew)
	if r.Has("ses_1") {
		t.Error("a session is revoked although its tokens have expired")
	}
	if (*RevokedSessions)(nil).Has("ses_1") {
		t.Error("a session is revoked in no set")
	}
}

func TestRevokedSessionsAreBounded(t *testing.T) {
	t.Parallel()
	now := time.Now()
	r := NewRevokedSessions()
	r.now = func() time.Time { return now }
	for i := range maxRevoked {
		r.Add("ses_"+strconv.Itoa(i), now.Add(time.Minute))
	}
	r.Add("ses_0", now.Add(time.Second))
	r.Add("ses_new", now.Add(time.Minute))
	if len(r.until) != maxRevoked || !r.Has("ses_new") || r.Has("ses_0") {
		t.Errorf("%d sessions, the newest %v, the one that ends first %v; want %d, true, false",
			len(r.until), r.Has("ses_new"), r.Has("ses_0"), maxRevoked)
	}
}

func TestListenersOfARevokedSessionAreCalledOnce(t *testing.T) {
	t.Parallel()
	r := NewRevokedSessions()
	ended := make(chan string, 10)
	listen := func(session, name string) (stop func()) {
		return r.OnRevoked(session, func() { ended <- name })
	}
	stopped, other := listen("ses_1", "stopped"), listen("ses_2", "other")
	listen("ses_1", "first")
	listen("ses_1", "second")
	listen("", "no session")
	stopped()
	for range 2 { // an event may be delivered twice
		r.Add("ses_1", time.Now().Add(time.Minute))
	}
	got := map[string]bool{<-ended: true, <-ended: true}
	if !got["first"] || !got["second"] {
		t.Errorf("called %v, want the first and the second", got)
	}
	stopped() // after the revocation
	other()
	r.Add("ses_2", time.Now().Add(time.Minute))
	if len(ended) > 0 || len(r.listeners) > 0 {
		t.Errorf("%d more calls and %d sessions with listeners, want none", len(ended), len(r.listeners))
	}
	listen("ses_1", "late")
	if name := <-ended; name != "late" || len(r.listeners) > 0 {
		t.Errorf("called %q with %d sessions kept, want the one that came after the revocation", name, len(r.listeners))
	}
}

func TestNoRevocationFallsBetweenTheCheckAndTheRegistration(t *testing.T) {
	t.Parallel()
	const sessions = 500
	r := NewRevokedSessions()
	var all, ended sync.WaitGroup
	for i := range sessions {
		id := strconv.Itoa(i)
		ended.Add(1)
		all.Go(func() { r.OnRevoked(id, ended.Done) })
		all.Go(func() { r.Add(id, time.Now().Add(time.Minute)) })
	}
	all.Wait()
	ended.Wait() // which hangs if one escapes, and panics if one is called twice
}
