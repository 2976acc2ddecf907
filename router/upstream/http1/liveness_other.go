//go:build !unix

package http1

import "net"

// liveness cannot examine a connection on this system, so that none is reused:
// a connection closed by the server would otherwise fail a mutation.
type liveness struct{}

func newLiveness(net.Conn) liveness { return liveness{} }

func (liveness) idle() bool { return false }
