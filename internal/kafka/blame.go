package kafka

import (
	"context"
	"errors"
	"net"
	"syscall"

	"connectrpc.com/connect"
	"github.com/jackc/pgx/v5/pgconn"

	"cartograph/internal/fault"
	"cartograph/internal/pg"
)

// isEventsFault reports whether a failure is the event's own: its payload is
// invalid, its values break a rule of the database, or its handler panics or
// returns any error that is no outage. An outage is of something that all events
// need, from a full disk to a peer with a defect: the event waits, for the dead
// letters would fill with every event that follows.
func isEventsFault(err error) bool {
	kind := fault.KindOf(err)
	if kind == fault.Unavailable || kind == fault.RateLimited {
		return false
	}
	if _, failed := errors.AsType[*pgconn.PgError](err); failed {
		return pg.IsDataFault(err)
	}
	if kind != fault.Unclassified {
		return true
	}
	_, connecting := errors.AsType[net.Error](err)
	_, peer := errors.AsType[*connect.Error](err) // its fault would have a kind
	_, system := errors.AsType[syscall.Errno](err)
	return !connecting && !peer && !system && !pg.Unavailable(err) && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled)
}
