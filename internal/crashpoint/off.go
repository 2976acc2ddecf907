//go:build !crashpoints

package crashpoint

// Reach ends the process if it is to crash after this step of something.
func Reach(step, of string) {}

// Written adds to what a transaction has written.
func Written(any, ...string) {}

// Committed is Reach for everything that the transaction had written.
func Committed(any) {}
