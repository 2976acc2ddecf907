package redis

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// command counts its runs and returns err.
type command struct {
	n   int
	err error
}

func (a *command) run(context.Context, goredis.Cmdable) error {
	a.n++
	return a.err
}

func TestAfterAFailureCommandsAreSkipped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &Client{timeout: Timeout, log: slog.New(slog.DiscardHandler), now: time.Now}
		failing := &command{err: errors.New("connection refused")}
		for range 100 {
			if err := c.Do(t.Context(), failing.run); err == nil {
				t.Fatal("a failure returned no error")
			}
		}
		if failing.n != 1 {
			t.Errorf("%d commands while unavailable, want one", failing.n)
		}
		begun := time.Now()
		for time.Since(begun) < time.Minute {
			_ = c.Do(t.Context(), failing.run)
			time.Sleep(10 * time.Millisecond)
		}
		if failing.n < 10 || failing.n > 20 {
			t.Errorf("%d commands in a minute, want one every 5 s in the end", failing.n)
		}
		time.Sleep(maxPause)
		back := &command{}
		for range 100 {
			if err := c.Do(t.Context(), back.run); err != nil {
				t.Fatalf("after recovery: %v", err)
			}
		}
		if back.n != 100 {
			t.Errorf("%d commands of 100 were sent after recovery", back.n)
		}
	})
}

func TestOneCommandProbesAndOthersDoNotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &Client{timeout: Timeout, log: slog.New(slog.DiscardHandler), now: time.Now}
		_ = c.Do(t.Context(), (&command{err: errors.New("gone")}).run)
		time.Sleep(minPause)
		probing := make(chan struct{})
		go func() {
			_ = c.Do(t.Context(), func(context.Context, goredis.Cmdable) error {
				<-probing
				return nil
			})
		}()
		synctest.Wait()
		if err := c.Do(t.Context(), (&command{}).run); !errors.Is(err, ErrUnavailable) {
			t.Errorf("beside the probe: %v, want ErrUnavailable", err)
		}
		close(probing)
		synctest.Wait()
		if err := c.Do(t.Context(), (&command{}).run); err != nil {
			t.Errorf("after the probe: %v", err)
		}
	})
}

func TestAnErrorReplyIsNotAFailure(t *testing.T) {
	t.Parallel()
	c := &Client{timeout: Timeout, log: slog.New(slog.DiscardHandler), now: time.Now}
	for range 3 {
		if err := c.Do(t.Context(), (&command{err: goredis.Nil}).run); !errors.Is(err, goredis.Nil) {
			t.Errorf("missing key: %v, want redis.Nil", err)
		}
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	err := c.Do(gone, func(ctx context.Context, _ goredis.Cmdable) error { return ctx.Err() })
	if err != nil {
		t.Errorf("a cancelled caller: %v, want the command run to its end", err)
	}
}

func TestAnInvalidURLIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := Open("http://example.com", slog.New(slog.DiscardHandler)); err == nil {
		t.Error("http:// was opened as Redis")
	}
}
