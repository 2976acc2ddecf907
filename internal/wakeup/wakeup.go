// Package wakeup wakes a background task when there is work for it.
//
// A signal carries no data and is not counted: a task that wakes looks for
// all the work there is. So Notify never blocks, and any number of them before
// the task looks is one.
package wakeup

import (
	"context"
	"time"
)

// Signal wakes one receiver. It is safe for concurrent use; of several
// receivers each Notify wakes one.
type Signal struct {
	pending chan struct{} // of capacity one: a pending notification
}

// New returns a signal that is not pending.
func New() *Signal { return &Signal{pending: make(chan struct{}, 1)} }

// Notify makes the signal pending. It does not block.
//
// A notification that arrives while the receiver is at work stays pending, so
// that work which was added after the receiver looked is found at its next
// Wait. Callers add the work first and notify afterwards.
func (s *Signal) Notify() {
	select {
	case s.pending <- struct{}{}:
	default: // pending already
	}
}

// C is the channel that receives once for each pending signal, for use in a
// select.
func (s *Signal) C() <-chan struct{} { return s.pending }

// Wait blocks until the signal is pending or poll has passed, whichever is
// first; false if ctx ended. Polling finds what no Notify of this process
// announces: the work of other processes, and work that becomes due.
func (s *Signal) Wait(ctx context.Context, poll time.Duration) bool {
	timer := time.NewTimer(poll)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-s.pending:
	case <-timer.C:
	}
	return ctx.Err() == nil
}

// Sleep blocks for d; false if ctx ended first.
func Sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return ctx.Err() == nil
	}
}
