package app

import (
	"errors"
	"log/slog"
	"math"
	"os"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

func TestTheMemoryLimitIsThatOfTheEnvironmentElseAShareOfTheContainers(t *testing.T) {
	const before = 8 << 30
	debug.SetMemoryLimit(before)
	t.Cleanup(func() { debug.SetMemoryLimit(math.MaxInt64) })
	failing := func(err error) memlimit.Provider { return func() (uint64, error) { return 0, err } }
	for name, c := range map[string]struct {
		environment string
		cgroup      memlimit.Provider
		want        int64
		log         string
	}{
		"of the container":     {cgroup: memlimit.Limit(4 << 30), want: 2 << 30, log: `msg="memory limit" bytes=2147483648 source=cgroup`},
		"of the environment":   {environment: "8GiB", cgroup: memlimit.Limit(4 << 30), want: before, log: `msg="memory limit" bytes=8589934592 source=GOMEMLIMIT`},
		"of neither":           {cgroup: failing(memlimit.ErrNoLimit), want: math.MaxInt64, log: `msg="memory limit" source=none`},
		"on another system":    {cgroup: failing(memlimit.ErrCgroupsNotSupported), want: before, log: `msg="memory limit" source=none`},
		"that cannot be read":  {cgroup: failing(errors.New("permission denied")), want: before, log: `level=WARN msg="memory limit not set" err=`},
		"larger than a number": {cgroup: memlimit.Limit(math.MaxUint64), want: math.MaxInt64, log: `msg="memory limit" source=none`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("GOMEMLIMIT", c.environment) // restores it, also when it is unset here
			if c.environment == "" {
				_ = os.Unsetenv("GOMEMLIMIT")
			}
			debug.SetMemoryLimit(before)
			var log strings.Builder
			limitMemory(t.Context(), c.cgroup, memoryShareBesidePostgres, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
			if limit := debug.SetMemoryLimit(-1); limit != c.want || !strings.Contains(log.String(), c.log) || strings.Count(log.String(), "\n") != 1 {
				t.Errorf("limit %d, want %d; log %q, want one line with %s", limit, c.want, log.String(), c.log)
			}
		})
	}
}
