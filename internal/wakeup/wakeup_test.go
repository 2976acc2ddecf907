package wakeup_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"cartograph/internal/wakeup"
)

func TestNotificationsCoalesceAndAreNotLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := wakeup.New()
		for range 3 {
			s.Notify() // before the first waiter
		}
		began := time.Now()
		if !s.Wait(t.Context(), time.Hour) {
			t.Error("Wait = false, want true: it was notified")
		}
		if waited := time.Since(began); waited != 0 {
			t.Errorf("waited %s for a pending signal, want not at all", waited)
		}
		if !s.Wait(t.Context(), time.Hour) {
			t.Error("Wait = false, want true: the poll interval passed")
		}
		if waited := time.Since(began); waited != time.Hour {
			t.Errorf("three notifications woke again after %s, want one wake-up and then the poll interval", waited)
		}
	})
}

func TestWaitWakesAtNotify(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, began := wakeup.New(), time.Now()
		time.AfterFunc(time.Minute, s.Notify)
		if !s.Wait(t.Context(), time.Hour) || time.Since(began) != time.Minute {
			t.Errorf("woke after %s, want a minute", time.Since(began))
		}
		s.Notify()
		<-s.C() // pending, or this test deadlocks
	})
}

func TestWaitingEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if wakeup.New().Wait(ctx, time.Hour) {
			t.Error("Wait = true, want false: its context ended")
		}
		if wakeup.Sleep(ctx, time.Hour) {
			t.Error("Sleep = true, want false: its context ended")
		}
		s := wakeup.New()
		s.Notify()
		if s.Wait(ctx, 0) {
			t.Error("Wait = true, want false: its context had ended before")
		}
		began := time.Now()
		if !wakeup.Sleep(t.Context(), time.Hour) || time.Since(began) != time.Hour {
			t.Errorf("slept %s, want an hour", time.Since(began))
		}
	})
}
