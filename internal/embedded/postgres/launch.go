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
		c.done = make(chan struct{})
	}
}

func (c *Cluster) launchOnce(ctx context.Context, cfg Config) error {
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
	settings := []string{
		"listen_addresses=127.0.0.1",
		"port=" + strconv.Itoa(c.port),
		"unix_socket_directories=",
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
	out, _ := io.ReadAll(io.NewSectionReader(f, begin, logLimit))
	if strings.Contains(string(out), "could not bind") || strings.Contains(string(out), "could not create any TCP/IP sockets") {
		return errPortTaken
	}
	if strings.Contains(string(out), "pre-existing shared memory block") {
		return errOrphans
	}
	return fmt.Errorf("%w: %s", err, tail(out))
}

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

func freePort(ctx context.Context) (int, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}
