// Bench measures what a request costs the router: processor time, allocations,
// requests to subgraphs, and how long it takes, with each executor and each
// client, and every feature on that a public router has: identity by signed
// tokens, a token for subgraphs, limits, cost, rate limits, request ids,
// metrics.
//
// Each router is a process of its own with one processor; the load and the
// subgraphs share another. Rounds alternate between the routers, and the best
// round counts: what else the machine does only ever adds. Processor time a
// request is the figure to compare; requests a second depend on the load's
// share of the machine too.
//
//	go run ./router/internal/bench
//	go run ./router/internal/bench -rounds 5 -duration 5s -only light
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"cartograph/router/internal/benchgraph"
)

// options are those of the command line.
type options struct {
	rounds      int
	duration    time.Duration
	connections int
	only        string
	profiles    string
	serve       string
}

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 2, "how often each router is measured with each operation")
	flag.DurationVar(&o.duration, "duration", 3*time.Second, "of one measurement, after a third of it to warm up")
	flag.IntVar(&o.connections, "connections", 50, "clients at once")
	flag.StringVar(&o.only, "only", "", "names of operations and of routers, separated by commas; all if empty")
	flag.StringVar(&o.profiles, "profiles", "", "a folder for profiles of the routers' processor time and allocations")
	flag.StringVar(&o.serve, "serve", "", "be the router of this configuration (for the program itself)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	if o.serve != "" {
		return serveRouter(ctx, o.serve, o.profiles)
	}
	pin(os.Getpid(), 0)
	world, err := newWorld(ctx)
	if err != nil {
		return err
	}
	defer world.close()
	var routers []*router
	defer func() {
		for _, r := range routers {
			r.stop()
		}
	}()
	for _, v := range variants() {
		if !o.selects(v.name, variantNames()) {
			continue
		}
		r, err := startRouter(ctx, world, v, o.profiles)
		if err != nil {
			return fmt.Errorf("start %s: %w", v.name, err)
		}
		routers = append(routers, r)
	}
	for _, operation := range benchgraph.Operations() {
		if !o.selects(operation.Name, operationNames()) {
			continue
		}
		if err := compare(ctx, operation, routers, world.token, o); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// selects reports whether -only selects a name. If it names none of the kind, all are.
func (o options) selects(name string, kind []string) bool {
	named := false
	for word := range strings.SplitSeq(o.only, ",") {
		for _, one := range kind {
			named = named || word == one
		}
		if word == name {
			return true
		}
	}
	return !named
}

func operationNames() []string {
	var names []string
	for _, operation := range benchgraph.Operations() {
		names = append(names, operation.Name)
	}
	return names
}

// pin binds a process to one processor, where taskset exists and there are two.
func pin(pid, processor int) {
	if runtime.NumCPU() > 1 {
		_ = exec.Command("taskset", "-a", "-c", "-p", strconv.Itoa(processor), strconv.Itoa(pid)).Run() //nolint:noctx // at once
	}
}

// compare measures one operation with all routers and prints a table.
func compare(ctx context.Context, operation benchgraph.Operation, routers []*router, token string, o options) error {
	best := make([]figures, len(routers))
	var answer any
	for i, r := range routers {
		got, err := send(ctx, r.url, operation, token)
		if err != nil {
			return fmt.Errorf("%s runs %s: %w", r.name, operation.Name, err)
		}
		if answer == nil {
			answer = got.data
		} else if !equal(answer, got.data) {
			return fmt.Errorf("%s answers %s otherwise than %s", r.name, operation.Name, routers[0].name)
		}
		best[i].bytes = got.bytes
	}
	for round := range o.rounds {
		for i := range routers {
			at := (i + round) % len(routers)
			f, err := measure(ctx, routers[at], operation, token, o)
			if err != nil {
				return fmt.Errorf("measure %s with %s: %w", operation.Name, routers[at].name, err)
			}
			best[at] = best[at].better(f)
		}
	}
	printTable(operation.Name, routers, best)
	return nil
}
