package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// postmaster is the content of postmaster.pid, which a running server maintains.
type postmaster struct {
	pid   int
	port  int
	ready bool
}

func readPostmaster(data string) (postmaster, error) {
	b, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return postmaster{}, err
	}
	lines := strings.Split(string(b), "\n")
	line := func(i int) string {
		if i >= len(lines) {
			return ""
		}
		return strings.TrimSpace(lines[i])
	}
	var pm postmaster
	if pm.pid, err = strconv.Atoi(line(0)); err != nil {
		return pm, fmt.Errorf("read postmaster.pid: %w", err)
	}
	pm.port, _ = strconv.Atoi(line(3)) // LOCK_FILE_LINE_PORT, counted from 0 here
	pm.ready = line(7) == "ready"      // LOCK_FILE_LINE_PM_STATUS
	return pm, nil
}

// alive reports whether the process is still the server of this folder. The
// process id may have been reused.
func (p postmaster) alive(data string) bool {
	return p.pid > 1 && isServerOf(p.pid, data)
}

// stopLeftover stops a server that outlived the process that started it: for
// the duration of a shutdown on Linux, where the kernel signals our exit, and
// indefinitely elsewhere.
func stopLeftover(ctx context.Context, data string, log *slog.Logger) error {
	pm, err := readPostmaster(data)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || !pm.alive(data) {
		// Stale. Its process id may have been reused, and Postgres would then
		// refuse to start. A server that was exiting may have removed the file
		// meanwhile.
		if err := os.Remove(filepath.Join(data, "postmaster.pid")); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	log.WarnContext(ctx, "stopping a Postgres of an earlier process", "pid", pm.pid)
	process, err := os.FindProcess(pm.pid)
	if err != nil {
		return err
	}
	// Gentle first: a fast shutdown writes a checkpoint, after which the next start
	// needs no recovery. Killing loses nothing that was committed either.
	for _, step := range []struct {
		signal os.Signal
		wait   time.Duration
	}{{interrupt, fastShutdown}, {quit, immediateShutdown}, {os.Kill, immediateShutdown}} {
		_ = process.Signal(step.signal) // fails if it has just exited, which gone sees
		if gone(ctx, pm, data, step.wait) {
			return nil
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
	}
	return fmt.Errorf("the Postgres with process id %d runs in %s and cannot be stopped", pm.pid, data)
}

// gone waits until the server has exited. It is not our child, so there is nothing
// to wait on but its entry among the processes.
func gone(ctx context.Context, pm postmaster, data string, wait time.Duration) bool {
	limit := time.After(wait)
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		if !pm.alive(data) {
			return true
		}
		select {
		case <-tick.C:
		case <-limit:
			return false
		case <-ctx.Done():
			return false
		}
	}
}
