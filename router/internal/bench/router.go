package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"

	"cartograph/router/serve"
)

// variant is a way to run the router.
type variant struct{ name, executor, client string }

// variants are what is compared; the ratios are to the last.
func variants() []variant {
	return []variant{
		{"own+http1", "own", "http1"},
		{"own+net/http", "own", "net/http"},
		{"engine+http1", "engine", "http1"},
		{"engine+net/http", "engine", "net/http"},
	}
}

func variantNames() []string {
	var names []string
	for _, v := range variants() {
		names = append(names, v.name)
	}
	return names
}

func (v variant) file() string { return strings.ReplaceAll(v.name, "/", "-") }

// serveRouter is the child: it serves until ctx ends.
func serveRouter(ctx context.Context, configuration, profiles string) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	run := func() error { return serve.Run(ctx, serve.Source{File: configuration}, os.Stdout, log) }
	if profiles == "" {
		return run()
	}
	return profiled(filepath.Join(profiles, strings.TrimSuffix(filepath.Base(configuration), ".yaml")), run)
}

// profiled writes what a run spent its time on, and what it allocated.
func profiled(name string, run func() error) error {
	processor, err := os.Create(name + ".pprof")
	if err != nil {
		return err
	}
	defer func() { _ = processor.Close() }()
	allocations, err := os.Create(name + ".allocs.pprof")
	if err != nil {
		return err
	}
	defer func() { _ = allocations.Close() }()
	if err := pprof.StartCPUProfile(processor); err != nil {
		return err
	}
	err = run()
	pprof.StopCPUProfile()
	return errors.Join(err, pprof.Lookup("allocs").WriteTo(allocations, 0))
}

// router is a running one.
type router struct {
	variant
	url        string // of the graph
	operations string // of its metrics
	command    *exec.Cmd
}

// startRouter runs this program again, as a router.
func startRouter(ctx context.Context, w *world, v variant, profiles string) (*router, error) {
	file, err := w.configuration(v)
	if err != nil {
		return nil, err
	}
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	r := &router{variant: v, command: exec.CommandContext(ctx, program, "-serve", file, "-profiles", profiles)}
	r.command.Env = append(os.Environ(), "GOMAXPROCS=1")
	r.command.Stderr = os.Stderr
	out, err := r.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := r.command.Start(); err != nil {
		return nil, err
	}
	pin(r.command.Process.Pid, 1)
	lines := bufio.NewScanner(out)
	for r.operations == "" {
		if !lines.Scan() {
			r.stop()
			return nil, fmt.Errorf("it ended before it served: %w", lines.Err())
		}
		r.readAddress(lines.Text())
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return r, nil
}

// readAddress reads an address from a line that the router prints.
func (r *router) readAddress(line string) {
	if url := regexp.MustCompile(`http://[^ ,]+/graphql`).FindString(line); url != "" {
		r.url = url
	}
	if found := regexp.MustCompile(`^Operations at (http://\S+)\.$`).FindStringSubmatch(line); found != nil {
		r.operations = found[1]
	}
}

func (r *router) stop() {
	_ = r.command.Process.Signal(os.Interrupt)
	late := time.AfterFunc(5*time.Second, func() { _ = r.command.Process.Kill() })
	defer late.Stop()
	_ = r.command.Wait()
}

// cost is what a router has used since its start.
type cost struct {
	processor   time.Duration // user and system
	allocations float64
	allocated   float64 // bytes
	fetches     float64
	resident    float64 // bytes, now
}

func (r *router) cost(ctx context.Context) (c cost, err error) {
	if c.processor, err = processorTime(r.command.Process.Pid); err != nil {
		return c, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.operations+"/metrics", http.NoBody)
	if err != nil {
		return c, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return c, err
	}
	defer func() { _ = response.Body.Close() }()
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		name, text, _ := strings.Cut(lines.Text(), " ")
		name, _, _ = strings.Cut(name, "{")
		value, _ := strconv.ParseFloat(text, 64)
		switch name {
		case "go_memstats_mallocs_total":
			c.allocations = value
		case "go_memstats_alloc_bytes_total":
			c.allocated = value
		case "process_resident_memory_bytes":
			c.resident = value
		case "cartograph_router_fetch_seconds_count":
			_, last, _ := strings.Cut(lines.Text(), "} ")
			n, _ := strconv.ParseFloat(last, 64)
			c.fetches += n
		}
	}
	return c, nil
}

// processorTime reads the kernel's count, in hundredths of a second.
func processorTime(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The name in parentheses may hold spaces; user and system time are the
	// 12th and 13th field after it.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	var ticks int
	for _, field := range fields[11:13] {
		n, err := strconv.Atoi(field)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	const tick = 10 * time.Millisecond
	return time.Duration(ticks) * tick, nil
}
