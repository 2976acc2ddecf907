// Package polltest waits for what others bring about.
package polltest

import (
	"testing"
	"time"
)

const (
	patience = 20 * time.Second
	pause    = 10 * time.Millisecond
)

// Until asks again and again until ok says so, and fails the test if it never
// does.
func Until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	UntilQuiet(t, func() string {
		if ok() {
			return ""
		}
		return "waited in vain until " + what
	})
}

// UntilQuiet asks again and again until check has nothing to complain about,
// and fails the test with its last complaint if it always has.
func UntilQuiet(t testing.TB, check func() (complaint string)) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		complaint := check()
		if complaint == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("after %s: %s", patience, complaint)
		}
		time.Sleep(pause)
	}
}
