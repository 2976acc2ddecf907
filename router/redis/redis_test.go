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

// asked counts how often Redis is asked, and answers for it.
type asked struct {
	n   int
	err error
}

func (a *asked) ask(context.Context, goredis.Cmdable) error {
	a.n++
	return a.err
}

func TestARedisThatFailsIsLeftAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &Client{patience: Patience, log: slog.New(slog.DiscardHandler), now: time.Now}
		away := &asked{err: errors.New("connection refused")}
		for range 100 {
			if err := c.Do(t.Context(), away.ask); err == nil {
				t.Fatal("a failure is no error")
			}
		}
		if away.n != 1 {
			t.Errorf("asked %d times while away, want once", away.n)
		}
		begun := time.Now()
		for time.Since(begun) < time.Minute {
			_ = c.Do(t.Context(), away.ask)
			time.Sleep(10 * time.Millisecond)
		}
		if away.n < 10 || away.n > 20 {
			t.Errorf("asked %d times in a minute, want every 5 s in the end", away.n)
		}
		time.Sleep(longestPause)
		back := &asked{}
		for range 100 {
			if err := c.Do(t.Context(), back.ask); err != nil {
				t.Fatalf("Redis is back: %v", err)
			}
		}
		if back.n != 100 {
			t.Errorf("asked %d times of 100 when it was back", back.n)
		}
	})
}

func TestOneLooksWhetherRedisIsBackAndOthersDoNotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &Client{patience: Patience, log: slog.New(slog.DiscardHandler), now: time.Now}
		_ = c.Do(t.Context(), (&asked{err: errors.New("gone")}).ask)
		time.Sleep(firstPause)
		looking := make(chan struct{})
		go func() {
			_ = c.Do(t.Context(), func(context.Context, goredis.Cmdable) error {
				<-looking
				return nil
			})
		}()
		synctest.Wait()
		if err := c.Do(t.Context(), (&asked{}).ask); !errors.Is(err, ErrAway) {
			t.Errorf("beside the one who looks: %v, want ErrAway", err)
		}
		close(looking)
		synctest.Wait()
		if err := c.Do(t.Context(), (&asked{}).ask); err != nil {
			t.Errorf("after it: %v", err)
		}
	})
}

func TestAnAnswerIsNoFailure(t *testing.T) {
	t.Parallel()
	c := &Client{patience: Patience, log: slog.New(slog.DiscardHandler), now: time.Now}
	for range 3 {
		if err := c.Do(t.Context(), (&asked{err: goredis.Nil}).ask); !errors.Is(err, goredis.Nil) {
			t.Errorf("no such key: %v, want redis.Nil", err)
		}
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	err := c.Do(gone, func(ctx context.Context, _ goredis.Cmdable) error { return ctx.Err() })
	if err != nil {
		t.Errorf("a caller who left: %v, want Redis asked to the end", err)
	}
}

func TestAURLThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := Open("http://example.com", slog.New(slog.DiscardHandler)); err == nil {
		t.Error("http:// was opened as Redis")
	}
}
