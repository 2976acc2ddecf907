package user

import (
	"context"
	"sync"
	"testing"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/id"
)

func TestAReusedRefreshTokenEndsTheSessionAfterTheGracePeriod(t *testing.T) {
	t.Parallel()
	s, c := newServiceAndClock(t)
	_, first := register(t, s, "ada@demo.test")
	second, _, err := s.Refresh(anonymous(t), first.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	c.advance(refreshGrace + time.Microsecond)
	_, _, err = s.Refresh(anonymous(t), first.RefreshToken)
	wantCode(t, err, "TOKEN_INVALID")
	_, _, err = s.Refresh(anonymous(t), second.RefreshToken)
	wantCode(t, err, "TOKEN_INVALID")
	if sessions, err := s.Sessions(signedIn(t, second), claimsOf(t, second.AccessToken).Subject); err != nil || len(sessions) != 0 {
		t.Errorf("%d sessions live (%v), want none", len(sessions), err)
	}
}

func TestParallelRefreshesReturnTheSameSuccessor(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ada, tokens := register(t, s, "ada@demo.test")
	var mu sync.Mutex
	successors := map[string]int{}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			next, u, err := s.Refresh(anonymous(t), tokens.RefreshToken)
			if err != nil || u == nil || u.ID != ada.ID {
				t.Errorf("refresh: user %v, %v", u, err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			successors[next.RefreshToken]++
		})
	}
	wg.Wait()
	if len(successors) != 1 {
		t.Fatalf("8 refreshes of one token returned %d successors, want 1", len(successors))
	}
	for successor := range successors {
		if _, _, err := s.Refresh(anonymous(t), successor); err != nil {
			t.Errorf("the session ended: %v", err)
		}
	}
}

func TestARepeatedRefreshReturnsTheLatestSuccessor(t *testing.T) {
	t.Parallel()
	s, c := newServiceAndClock(t)
	guest, err := s.StartGuest(anonymous(t))
	if err != nil {
		t.Fatal(err)
	}
	second, _, err := s.Refresh(anonymous(t), guest.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	c.advance(refreshGrace / 2)
	third, _, err := s.Refresh(anonymous(t), second.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	repeated, u, err := s.Refresh(anonymous(t), guest.RefreshToken)
	if err != nil || u != nil || repeated.RefreshToken != third.RefreshToken {
		t.Errorf("the first token returned another successor than the unused one: %v", err)
	}
	if got, want := claimsOf(t, repeated.AccessToken).Subject, claimsOf(t, guest.AccessToken).Subject; got != want {
		t.Errorf("the repeated refresh names %s, want %s", got, want)
	}
	if _, err := s.pool.Exec(t.Context(), "UPDATE sessions SET revoked_at = now()"); err != nil {
		t.Fatal(err)
	}
	_, _, err = s.Refresh(anonymous(t), guest.RefreshToken)
	wantCode(t, err, "TOKEN_INVALID")
}

func TestSuccessorsCannotBeDerivedAfterTheCleanUp(t *testing.T) {
	t.Parallel()
	s, c := newServiceAndClock(t)
	_, tokens := register(t, s, "ada@demo.test")
	if _, _, err := s.Refresh(anonymous(t), tokens.RefreshToken); err != nil {
		t.Fatal(err)
	}
	c.advance(refreshGrace + time.Second)
	for _, want := range []int{1, 0} {
		if err := s.cleanUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := count(t, s, "SELECT count(*) FROM refresh_tokens WHERE successor_key IS NOT NULL"); n != want {
			t.Errorf("%d keys of successors are stored, want %d: the grace period ends by the database's clock", n, want)
		}
		execute(t, s, "UPDATE refresh_tokens SET used_at = used_at - make_interval(secs => $1)", (refreshGrace + time.Second).Seconds())
	}
}

func TestBadRefreshTokensAreRefused(t *testing.T) {
	t.Parallel()
	s, c := newServiceAndClock(t)
	_, tokens := register(t, s, "ada@demo.test")
	for _, token := range []string{"", "nonsense", tokens.AccessToken, tokens.RefreshToken + "x", "\x00"} {
		_, _, err := s.Refresh(anonymous(t), token)
		wantCode(t, err, "TOKEN_INVALID")
	}
	c.advance(refreshTokenTTL - time.Second)
	tokens, _, err := s.Refresh(anonymous(t), tokens.RefreshToken)
	if err != nil {
		t.Fatalf("a second before its end: %v", err)
	}
	c.advance(refreshTokenTTL)
	_, _, err = s.Refresh(anonymous(t), tokens.RefreshToken)
	wantCode(t, err, "TOKEN_EXPIRED")
}

func TestRefreshTokensAreNotStored(t *testing.T) {
	t.Parallel()
	s := newService(t)
	_, tokens := register(t, s, "ada@demo.test")
	n := count(t, s, "SELECT count(*) FROM refresh_tokens WHERE hash = convert_to($1, 'UTF8') OR length(hash) <> 32", tokens.RefreshToken)
	if n != 0 || len(tokens.RefreshToken) < 43 {
		t.Errorf("a token of %d characters; %d rows are not its hash", len(tokens.RefreshToken), n)
	}
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	t.Parallel()
	s, c := newServiceAndClock(t)
	ada, first := register(t, s, "ada@demo.test")
	c.advance(time.Minute)
	second, _, err := s.Login(anonymous(t), Credentials{Email: "ada@demo.test", Password: goodPassword})
	if err != nil {
		t.Fatal(err)
	}
	eve, eves := register(t, s, "eve@demo.test")

	sessions, err := s.Sessions(signedIn(t, first), ada.ID)
	if err != nil || len(sessions) != 2 || sessions[0].Current || !sessions[1].Current {
		t.Fatalf("sessions = %+v (%v), want the other one first and then this one", sessions, err)
	}
	if theirs, err := s.Sessions(signedIn(t, first), eve.ID); err != nil || theirs != nil {
		t.Errorf("another user's sessions = %v (%v), want none", theirs, err)
	}
	foreign := claimsOf(t, eves.AccessToken).SessionID
	for _, c := range []struct {
		by      context.Context
		session *string
		code    string
	}{
		{anonymous(t), &foreign, "UNAUTHENTICATED"},
		{as(t, auth.Actor{Kind: auth.Guest, ID: someID(id.Guest), SessionID: foreign}), nil, "UNAUTHENTICATED"},
		{signedIn(t, first), &foreign, "NOT_FOUND"},
		{signedIn(t, first), new("nonsense"), "NOT_FOUND"},
		{signedIn(t, first), new("ses_\x00"), "NOT_FOUND"},
	} {
		_, err := s.EndSession(c.by, c.session)
		wantCode(t, err, c.code)
	}
	for range 2 { // the second time changes nothing
		other := sessions[0].ID
		if ended, err := s.EndSession(signedIn(t, first), &other); err != nil || ended != other {
			t.Fatalf("ended %q (%v), want %s", ended, err, other)
		}
	}
	_, _, err = s.Refresh(anonymous(t), second.RefreshToken)
	wantCode(t, err, "TOKEN_INVALID")
	if ended, err := s.EndSession(signedIn(t, first), nil); err != nil || ended != sessions[1].ID {
		t.Fatalf("ended %q (%v), want the current %s", ended, err, sessions[1].ID)
	}
	_, _, err = s.Refresh(anonymous(t), first.RefreshToken)
	wantCode(t, err, "TOKEN_INVALID")
	if _, _, err := s.Refresh(anonymous(t), eves.RefreshToken); err != nil {
		t.Errorf("another user's session ended: %v", err)
	}
}

func TestCleanUpDeletesWhatIsOver(t *testing.T) {
	t.Parallel()
	s, c := newServiceAndClock(t)
	register(t, s, "ada@demo.test")
	_, _, err := s.Login(anonymous(t), Credentials{Email: "ada@demo.test", Password: "not the password"})
	wantCode(t, err, "CREDENTIALS_INVALID")
	rest := func() [3]int {
		return [3]int{
			count(t, s, "SELECT count(*) FROM sessions"), count(t, s, "SELECT count(*) FROM refresh_tokens"),
			count(t, s, "SELECT count(*) FROM password_attempts"),
		}
	}
	c.advance(refreshTokenTTL + time.Second) // a process's clock deletes nothing
	if err := s.cleanUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := rest(), [3]int{1, 1, 3}; got != want {
		t.Errorf("sessions, tokens, attempts = %v before their time, want %v", got, want)
	}
	execute(t, s, "UPDATE sessions SET expires_at = now() - interval '1 second'")
	execute(t, s, "UPDATE refresh_tokens SET expires_at = now() - interval '1 second'")
	execute(t, s, "UPDATE password_attempts SET began_at = now() - make_interval(secs => $1)", (attemptWindow + time.Second).Seconds())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.RunCleanup(ctx) }()
	deadline := time.After(20 * time.Second)
	for rest() != [3]int{} {
		select {
		case <-deadline:
			t.Fatalf("sessions, tokens, attempts = %v, want none", rest())
		case <-time.After(10 * time.Millisecond):
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("cleaning up ended with %v", err)
	}
}
