//go:build !linux

package pg

import (
	"context"
	"syscall"
)

// limitUnacknowledged does nothing: other systems have no such setting.
func limitUnacknowledged(context.Context, string, string, syscall.RawConn) error { return nil }
