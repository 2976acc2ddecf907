package upstream

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"
)

func TestOnlyRequestsThatCannotTakeEffectTwiceAreRetried(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err            error
		read, mutation bool
	}{
		"never sent":              {&attemptError{err: io.EOF, notSent: true}, true, true},
		"no response":             {&attemptError{err: io.EOF, noResponse: true}, true, false},
		"stale connection":        {&attemptError{err: io.EOF, noResponse: true, reusedConn: true}, true, false},
		"response started":        {&attemptError{err: io.ErrUnexpectedEOF}, false, false},
		"cancelled while dialing": {&attemptError{err: context.Canceled, notSent: true}, false, false},
		"another error":           {errors.New("bug"), false, false},
	} {
		if got := mayRetry(c.err, Request{}); got != c.read {
			t.Errorf("%s: a read is retried: %v", name, got)
		}
		if got := mayRetry(c.err, Request{Mutation: true}); got != c.mutation {
			t.Errorf("%s: a mutation is retried: %v", name, got)
		}
	}
}

func TestBackoffEndsByDeadlineAndCancellation(t *testing.T) {
	t.Parallel()
	stale, other := &attemptError{err: io.EOF, reusedConn: true}, &attemptError{err: io.EOF}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx  context.Context
		left time.Duration
		err  error
		want bool
	}{
		"stale, time left":    {t.Context(), time.Minute, stale, true},
		"stale, no time left": {t.Context(), -time.Second, stale, false},
		"stale, cancelled":    {cancelled, time.Minute, stale, false},
		"time left":           {t.Context(), time.Minute, other, true},
		"too little left":     {t.Context(), 10 * time.Millisecond, other, false},
		"cancelled":           {cancelled, time.Minute, other, false},
	} {
		if got := backoff(c.ctx, time.Now().Add(c.left), c.err); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
