package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

const (
	poll       = 3 * time.Millisecond // between reads of postmaster.pid
	startLimit = 2 * time.Minute      // crash recovery after heavy writing takes long
	logLimit   = 10 << 20             // bytes of postgres.log at which it is truncated

	orphanLimit = 10 * time.Second // backends of a killed server exit by themselves
	orphanPause = 50 * time.Millisecond
)

// Reasons to retry a launch.
var (
	errPortTaken = errors.New("another program has the port")
	errOrphans   = errors.New("backends of a killed server are still running")
)

// A launch in order: choose a port, open the log, fork the server, wait for its
// status line, watch for its exit. Only the status line means "ready": the process
// exists long before, while it recovers from a crash, and a connection is refused
// until then. Nothing is left behind by a failure: whatever was forked is stopped.

// launch runs the server and waits until it accepts connections. Two failures
// are transient: the free port may be taken between choosing and binding it, and
// the backends of a server that was killed keep its shared memory for a moment.
func (c *Cluster) launch(ctx context.Context, cfg Config) error {
	started := time.Now()
	for {
		err := c.launchOnce(ctx, cfg)
		switch {
		case ctx.Err() != nil:
			return err
		case errors.Is(err, errPortTaken): // between freePort and the server's bind; choose another
		case errors.Is(err, errOrphans) && time.Since(started) < orphanLimit:
			time.Sleep(orphanPause)
		default:
			return err
		}
		c.done = make(chan struct{}) // the previous attempt has closed it
	}
}

func (c *Cluster) launchOnce(ctx context.Context, cfg Config) error {
	// A new port for each attempt, and for each start: a fixed one would meet the
	// server of another data folder, or of a test beside this one.
	port, err := freePort(ctx)
	if err != nil {
		return err
	}
	c.port = port
	logFile, err := c.openLog()
	if err != nil {
		return err
	}
	defer func() { _ = logFile.Close() }()
	begin, err := logFile.Seek(0, io.SeekEnd) // earlier runs logged before this offset
	if err != nil {
		return err
	}
	c.cmd = exec.Command(c.server.path("postgres"), c.arguments(cfg)...) //nolint:noctx // Stop shuts it down in order
	c.cmd.Dir, c.cmd.Env = c.dir, environment()
	c.cmd.Stdout, c.cmd.Stderr = logFile, logFile
	c.cmd.SysProcAttr = c.as.serverAttr(cfg.Detached)
	if err := c.spawn(); err != nil {
		return err
	}
	if err := c.awaitReady(ctx); err != nil {
		// The log is read only after the server has ended, when it is complete.
		stopped := c.shutdown()
		return errors.Join(c.explain(err, logFile.Name(), begin), stopped)
	}
	go c.watch(ctx)
	return nil
}

// spawn forks the server from a thread of its own. Pdeathsig is delivered when
// the forking *thread* exits, and Go ends idle threads: the goroutine locks its
// thread and keeps it until the server has exited.
func (c *Cluster) spawn() error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := c.cmd.Start()
		started <- err
		if err == nil {
			c.exit = c.cmd.Wait()
			close(c.done)
		}
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("run %s: %w", c.cmd.Path, err)
	}
	return nil
}

func (c *Cluster) arguments(cfg Config) []string {
	connections := cfg.MaxConnections
	if connections == 0 {
		connections = 200
	}
	// Given as arguments, not in postgresql.conf: a folder that an older version of
	// this program made runs with the settings of the present one.
	settings := []string{
		"listen_addresses=127.0.0.1",
		"port=" + strconv.Itoa(c.port),
		"unix_socket_directories=", // a socket's path has 107 bytes at most; data folders may be deeper
		"max_connections=" + strconv.Itoa(connections),
		// Small, since it shares the machine with everything else; durable, since
		// fsync and synchronous_commit keep their defaults.
		"shared_buffers=32MB",
		"dynamic_shared_memory_type=mmap", // /dev/shm is small in containers
		"max_wal_size=256MB",
		"min_wal_size=32MB",
		"wal_level=minimal", // no replication; COPY into new tables skips the WAL
		"max_wal_senders=0",
		"max_parallel_workers_per_gather=0",
		"jit=off",
		"random_page_cost=1.1",   // an SSD, or the page cache
		"autovacuum_naptime=10s", // outboxes are inserted into and deleted from all the time
		"autovacuum_max_workers=2",
		"autovacuum_vacuum_scale_factor=0.05",
		"TimeZone=UTC",
		"log_timezone=UTC",
		"log_min_messages=warning",
		"log_checkpoints=off",
	}
	// A test's cluster is thrown away with its machine, so a power loss cannot cost it
	// anything. A kill is survived in any case: the kernel has the pages.
	if cfg.Ephemeral {
		settings = append(settings, "fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")
	}
	args := []string{"-D", c.data()}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	return args
}

// awaitReady polls the status line of postmaster.pid. Connecting instead would
// cost a backend per attempt.
func (c *Cluster) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		select {
		case <-c.done:
			return fmt.Errorf("it exited: %w", c.exit)
		case <-ctx.Done():
			return fmt.Errorf("it was not ready in time: %w", context.Cause(ctx))
		case <-tick.C:
		}
		// The file of an earlier server is gone by now, but only the process id proves
		// that this line is of the server just forked. A file that is being written reads
		// as not ready.
		pm, err := readPostmaster(c.data())
		if err == nil && pm.ready && pm.pid == c.cmd.Process.Pid {
			return nil
		}
	}
}

// watch logs an exit that Stop did not cause.
func (c *Cluster) watch(ctx context.Context) {
	<-c.done
	if !c.stopping.Load() {
		c.log.ErrorContext(context.WithoutCancel(ctx), "Postgres exited unexpectedly", "err", c.exit, "log", filepath.Join(c.dir, "postgres.log"))
	}
}

// explain returns the reason to retry, or err with what the server logged since
// the given offset.
func (c *Cluster) explain(err error, logPath string, begin int64) error {
	f, openErr := os.Open(logPath)
	if openErr != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	// The texts are Postgres's own, in English since environment sets LC_ALL=C. A
	// version that words them differently only loses the retry.
	out, _ := io.ReadAll(io.NewSectionReader(f, begin, logLimit))
	if strings.Contains(string(out), "could not bind") || strings.Contains(string(out), "could not create any TCP/IP sockets") {
		return errPortTaken
	}
	if strings.Contains(string(out), "pre-existing shared memory block") {
		return errOrphans
	}
	return fmt.Errorf("%w: %s", err, tail(out))
}

// openLog opens the server's log for appending, emptied if it has grown too long. It
// has warnings and errors only, and nothing rotates it while the server runs.
func (c *Cluster) openLog() (*os.File, error) {
	path := filepath.Join(c.dir, "postgres.log")
	flags := os.O_CREATE | os.O_APPEND | os.O_WRONLY
	if st, err := os.Stat(path); err == nil && st.Size() > logLimit {
		flags |= os.O_TRUNC
	}
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open postgres.log: %w", err)
	}
	return f, nil
}

// freePort returns a port that was free a moment ago. Another program may take it
// before the server binds it: launch tries another one then.
func freePort(ctx context.Context) (int, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}
