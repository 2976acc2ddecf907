// Package polltest waits in tests for what other goroutines or processes bring
// about.
package polltest

import (
	"testing"
	"time"
)

const (
	timeout  = 20 * time.Second // long enough for a loaded machine
	interval = 10 * time.Millisecond
)

// Eventually polls until ok returns true, and fails the test if it does not
// within the timeout. what names the condition in the failure: "the mail is
// sent".
func Eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	EventuallyNoProblem(t, func() string {
		if ok() {
			return ""
		}
		return "not reached: " + what
	})
}

// EventuallyNoProblem polls until check returns an empty text, and fails the
// test with the last one if it does not within the timeout. It is for checks
// whose failure has values to show: "got 2 events, want 3".
func EventuallyNoProblem(t testing.TB, check func() (problem string)) {
	t.Helper()
	for deadline := time.Now().Add(timeout); ; {
		problem := check()
		if problem == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("after %s: %s", timeout, problem)
		}
		time.Sleep(interval)
	}
}
