package order

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"cartograph/internal/fault"
)

func TestACommandIsRefusedWhileItsCallerStillWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(1, Config{QueueTimeout: 3 * time.Second})
		if err := acquire(t.Context(), l, time.Second); err != nil {
			t.Fatal(err)
		}
		for patience, want := range map[time.Duration]time.Duration{
			2 * time.Second:        time.Second,     // a second is left for what would take one
			900 * time.Millisecond: 0,               // too little from the beginning
			time.Minute:            3 * time.Second, // the queue timeout
		} {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			began := time.Now()
			err := acquire(ctx, l, time.Second)
			if fault.KindOf(err) != fault.RateLimited || time.Since(began) != want {
				t.Errorf("with %s left: %v after %s, want RATE_LIMITED after %s", patience, err, time.Since(began), want)
			}
			cancel()
		}
	})
}
