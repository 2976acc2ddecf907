//go:build unix

package http1

import (
	"errors"
	"net"
	"syscall"
)

// liveness examines an idle connection without blocking. net/http keeps a
// goroutine reading on each idle connection for the same purpose; one
// non-blocking read before reuse costs about a microsecond instead.
//
// The closure and its result are made once for each connection, so that the
// check does not allocate. Only the owner of the connection may call idle.
type liveness struct {
	raw    syscall.RawConn
	read   func(fd uintptr) bool
	result *error
}

func newLiveness(c net.Conn) liveness {
	sys, ok := c.(syscall.Conn)
	if !ok {
		return liveness{}
	}
	raw, err := sys.SyscallConn()
	if err != nil {
		return liveness{}
	}
	result := new(error)
	return liveness{raw: raw, result: result, read: func(fd uintptr) bool {
		var one [1]byte
		for {
			if _, *result = syscall.Read(int(fd), one[:]); !errors.Is(*result, syscall.EINTR) {
				return true // true: RawConn.Read must not wait until fd is readable
			}
		}
	}}
}

// idle reports that the connection is open and nothing is waiting to be read.
// End of file (the read succeeds with 0 bytes) means that the server closed it.
// A byte means that the server sent more than its last response, and the rest
// would be taken for the response to the next request. Either way the
// connection cannot be used.
//
// The server may still close the connection after the check: then the exchange
// fails with NoResponse and ReusedConn.
func (l liveness) idle() bool {
	if l.raw == nil {
		return false
	}
	if err := l.raw.Read(l.read); err != nil {
		return false
	}
	return errors.Is(*l.result, syscall.EAGAIN)
}
