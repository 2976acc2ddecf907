package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// server is a running cartograph with a data folder of its own.
type server struct {
	binary, dir, url string
	operations       string // base URL of the metrics
	cmd              *exec.Cmd
}

// startTwice starts the program with an empty folder and again with its data,
// and prints how long each took until it was ready.
func startTwice(ctx context.Context, binary string) (*server, error) {
	dir, err := os.MkdirTemp("", "cartograph-bench-")
	if err != nil {
		return nil, err
	}
	s := &server{binary: binary, dir: dir}
	cold, err := s.start(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.end(); err != nil {
		return nil, err
	}
	warm, err := s.start(ctx)
	if err != nil {
		return nil, err
	}
	time.Sleep(3 * time.Second) // until background work of the start has finished
	fmt.Printf("start: cold %s, warm %s; idle: %s\n", cold.Round(time.Millisecond), warm.Round(time.Millisecond), s.memory())
	return s, nil
}

var (
	endpoint   = regexp.MustCompile(`GraphQL\s+(http://\S+)`)
	operations = regexp.MustCompile(`Operations\s+(http://\S+)/metrics`)
)

func (s *server) start(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	s.cmd = exec.CommandContext(ctx, s.binary, "--listen", "127.0.0.1:0", "--data", s.dir)
	s.cmd.Env = append(os.Environ(), "DEMO=true", "LOG_LEVEL=warn", "ROUTER_RATE_LIMIT=false") // all load comes from one address
	s.cmd.Stderr = os.Stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := s.cmd.Start(); err != nil {
		return 0, err
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if m := endpoint.FindStringSubmatch(lines.Text()); m != nil {
			s.url = m[1]
		}
		if m := operations.FindStringSubmatch(lines.Text()); m != nil { // after the other
			s.operations = m[1]
			took := time.Since(began)
			go func() { _, _ = io.Copy(io.Discard, out) }() // ends with the program
			return took, nil
		}
	}
	return 0, errors.New("the program exited before it was ready")
}

// end interrupts the program and waits until it has exited.
func (s *server) end() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return s.cmd.Wait()
}

func (s *server) stop() {
	if err := s.end(); err != nil {
		fmt.Fprintln(os.Stderr, "stop:", err)
	}
	_ = os.RemoveAll(s.dir)
}

func (s *server) seed(ctx context.Context, products int) error {
	began := time.Now()
	cmd := exec.CommandContext(ctx, s.binary, "seed", "--products", strconv.Itoa(products), "--data", s.dir)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	fmt.Printf("seeded %d products in %s\n", products, time.Since(began).Round(time.Millisecond))
	return nil
}

var backlog = regexp.MustCompile(`(?m)^cartograph_(?:consumer_lag_records|outbox_pending_events)\{.*\} (\S+)$`)

// awaitQuiet returns once every event is published and every consumer has caught
// up.
func (s *server) awaitQuiet(ctx context.Context) error {
	const between = 6 * time.Second // the metrics are updated every five
	for quiet := 0; quiet < 2; {
		select {
		case <-time.After(between):
		case <-ctx.Done():
			return ctx.Err()
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.operations+"/metrics", http.NoBody)
		if err != nil {
			return err
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		text, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil {
			return err
		}
		quiet++
		for _, m := range backlog.FindAllStringSubmatch(string(text), -1) {
			if m[1] != "0" {
				quiet = 0
			}
		}
	}
	return nil
}

// check compares what the roles, the gateway and the event log have.
func (s *server) check(ctx context.Context) error {
	if err := s.awaitQuiet(ctx); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, s.binary, "check", "--data", s.dir)
	var failures strings.Builder
	cmd.Stderr = &failures
	out, err := cmd.Output()
	fmt.Printf("\n%s", out)
	if err != nil {
		return fmt.Errorf("check: %w: %s", err, failures.String())
	}
	return nil
}

// rss is the memory of the program that is resident, in KiB; 0 if it cannot be read.
// Linux only.
func (s *server) rss() int {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(raw))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.Atoi(fields[1])
	return pages * os.Getpagesize() >> 10
}

// memory is the proportional set size of the program and of its Postgres, which
// counts shared pages once. Linux only.
func (s *server) memory() string {
	program := pss(s.cmd.Process.Pid)
	pid, err := os.ReadFile(filepath.Join(s.dir, "postgres", "pgdata", "postmaster.pid"))
	if err != nil {
		return fmt.Sprintf("%d MiB", program>>10)
	}
	postmaster, _ := strconv.Atoi(strings.SplitN(string(pid), "\n", 2)[0])
	database := pss(postmaster)
	for _, child := range children(postmaster) {
		database += pss(child)
	}
	return fmt.Sprintf("%d MiB (program %d, Postgres %d)", (program+database)>>10, program>>10, database>>10)
}

// pss is a process' proportional set size in KiB; 0 if it cannot be read.
func pss(pid int) int {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0
	}
	for line := range strings.SplitSeq(string(raw), "\n") {
		if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
			kib, _ := strconv.Atoi(strings.Fields(rest)[0])
			return kib
		}
	}
	return 0
}

func children(pid int) []int {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return nil
	}
	var pids []int
	for field := range strings.FieldsSeq(string(raw)) {
		if child, err := strconv.Atoi(field); err == nil {
			pids = append(pids, child)
		}
	}
	return pids
}
