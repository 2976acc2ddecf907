package router

import (
	"strconv"
	"testing"
	"time"
)

func TestRevokedSessionsAreForgottenWhenTheirTokensHaveExpired(t *testing.T) {
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
