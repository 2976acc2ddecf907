package pg

import (
	"context"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// limitUnacknowledged ends a connection whose data is not acknowledged: keep-alive
// probes are sent only while nothing is on its way.
func limitUnacknowledged(_ context.Context, _, _ string, conn syscall.RawConn) (err error) {
	controlErr := conn.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(vanished/time.Millisecond))
	})
	if controlErr != nil {
		return controlErr
	}
	return err
}
