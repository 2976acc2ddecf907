package app

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"os"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// Shares of the container's memory that Go may use. The rest is for what Go does not
// count, such as buffers of the kernel, and for the embedded Postgres.
const (
	memoryShare               = 0.9
	memoryShareBesidePostgres = 0.5
)

// limitMemory sets the memory at which Go collects garbage more often to a share of
// the cgroup's limit, unless GOMEMLIMIT is set, and logs it with its source. Without
// it the heap doubles between collections, and the kernel kills the process before
// the next one.
func limitMemory(ctx context.Context, cgroup memlimit.Provider, share float64, log *slog.Logger) {
	limit, err := memlimit.Set(memlimit.WithProvider(cgroup), memlimit.WithRatio(share))
	_, set := os.LookupEnv("GOMEMLIMIT")
	switch {
	case set:
		log.InfoContext(ctx, "memory limit", "bytes", limit, "source", "GOMEMLIMIT")
	case err == nil && limit < math.MaxInt64:
		log.InfoContext(ctx, "memory limit", "bytes", limit, "source", "cgroup")
	case err == nil, errors.Is(err, memlimit.ErrNoCgroup), errors.Is(err, memlimit.ErrCgroupsNotSupported):
		log.DebugContext(ctx, "memory limit", "source", "none")
	default:
		log.WarnContext(ctx, "memory limit not set", "err", err)
	}
}
