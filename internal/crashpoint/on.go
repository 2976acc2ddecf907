//go:build crashpoints

package crashpoint

import (
	"os"
	"sync"
	"syscall"
)

// point is where this process crashes, the first time that it is reached.
var point = os.Getenv("CRASHPOINT")

// Reach ends the process if it is to crash after this step of something.
func Reach(step, of string) {
	if step+" "+of != point {
		return
	}
	// Not os.Exit: nothing may run after it, and no other goroutine may go on.
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

var (
	mu      sync.Mutex
	written = map[any][]string{} // by transaction
)

// Written adds to what a transaction has written.
func Written(tx any, what ...string) {
	mu.Lock()
	defer mu.Unlock()
	written[tx] = append(written[tx], what...)
}

// Committed is Reach for everything that the transaction had written.
func Committed(tx any) {
	mu.Lock()
	names := written[tx]
	delete(written, tx)
	mu.Unlock()
	for _, name := range names {
		Reach("committed", name)
	}
}
