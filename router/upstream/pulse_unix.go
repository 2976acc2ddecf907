//go:build unix

package upstream

import (
	"errors"
	"net"
	"syscall"
)

// pulse looks at an idle connection without waiting.
type pulse struct {
	raw  syscall.RawConn
	look func(fd uintptr) bool
	seen *error
}

func pulseOf(c net.Conn) pulse {
	sys, ok := c.(syscall.Conn)
	if !ok {
		return pulse{}
	}
	raw, err := sys.SyscallConn()
	if err != nil {
		return pulse{}
	}
	seen := new(error)
	return pulse{raw: raw, seen: seen, look: func(fd uintptr) bool {
		var one [1]byte
		for {
			if _, *seen = syscall.Read(int(fd), one[:]); !errors.Is(*seen, syscall.EINTR) {
				return true // whatever was seen: do not wait for more
			}
		}
	}}
}

// quiet reports that the connection is open and that nothing was sent on it
// since its last answer: a byte too much would be taken for the next one.
func (p pulse) quiet() bool {
	if p.raw == nil {
		return false
	}
	if err := p.raw.Read(p.look); err != nil {
		return false
	}
	return errors.Is(*p.seen, syscall.EAGAIN)
}
