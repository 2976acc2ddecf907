// Bench measures the running binary under load: time to start, idle memory, and
// for each scenario the throughput and the latency of its flows.
//
// Two other runs load the system with more than it can do: -overload offers a
// multiple of its capacity for purchases, -rush sells the last units of a product to
// a crowd at once.
//
// It builds nothing. Figures are comparable within one run on one machine; they
// include the load generator. A system that it has started is compared with its
// invariants at the end, and a violation is an error.
//
//	go run ./bench                       10,000 products, 16 clients
//	go run ./bench -products 0 -duration 3s -only list,search
//	go run ./bench -url http://127.0.0.1:4000/graphql -only mixed
//	go run ./bench -overload -multiple 3 -duration 30s
//	go run ./bench -rush -buyers 1000 -products 0
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"
)

// options are the flags.
type options struct {
	binary   string
	url      string
	products int
	clients  int
	duration time.Duration
	rate     float64
	only     []string
	overload bool
	multiple float64
	rush     bool
	buyers   int
}

func main() {
	var o options
	var only string
	flag.StringVar(&o.binary, "binary", "bin/cartograph", "the program to measure")
	flag.StringVar(&o.url, "url", "", "measure a running system instead of starting one")
	flag.IntVar(&o.products, "products", 10_000, "generated products beside the demo catalogue")
	flag.IntVar(&o.clients, "clients", 16, "concurrent clients")
	flag.DurationVar(&o.duration, "duration", 10*time.Second, "of each scenario")
	flag.Float64Var(&o.rate, "rate", 20, "orders per second in the mixed scenario")
	flag.StringVar(&only, "only", "", "names of scenarios, separated by commas; all if empty")
	flag.BoolVar(&o.overload, "overload", false, "measure the capacity for purchases and offer a multiple of it")
	flag.Float64Var(&o.multiple, "multiple", 3, "of the capacity that -overload offers")
	flag.BoolVar(&o.rush, "rush", false, "sell the last units of a product to a crowd at once")
	flag.IntVar(&o.buyers, "buyers", 1000, "buyers of -rush")
	flag.Parse()
	if only != "" {
		o.only = strings.Split(only, ",")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	if o.url != "" {
		shop, err := survey(ctx, o.url, o.products)
		if err != nil {
			return err
		}
		return measure(ctx, shop, o, remote{})
	}
	server, err := startTwice(ctx, o.binary)
	if err != nil {
		return err
	}
	defer server.stop()
	if o.products > 0 {
		if err := server.seed(ctx, o.products); err != nil {
			return err
		}
	}
	shop, err := survey(ctx, server.url, o.products)
	if err != nil {
		return err
	}
	if err := server.awaitQuiet(ctx); err != nil {
		return err
	}
	err = measure(ctx, shop, o, server)
	fmt.Printf("\nafter the load: %s\n", server.memory())
	return errors.Join(err, server.check(ctx))
}

// system is what the runs need of the system under load beside its answers.
type system interface {
	awaitQuiet(ctx context.Context) error
	rss() int
}

// remote is a running system that was not started here: it has no known metrics.
type remote struct{}

func (remote) awaitQuiet(context.Context) error { return nil }
func (remote) rss() int                         { return 0 }

// measure makes the runs that the options select.
func measure(ctx context.Context, shop *shop, o options, s system) error {
	if !o.overload && !o.rush {
		return load(ctx, shop, o)
	}
	if o.rush {
		if err := rush(ctx, shop, o, s); err != nil {
			return err
		}
	}
	if o.overload {
		return overload(ctx, shop, o, s.rss)
	}
	return nil
}

// load runs the selected scenarios one after the other.
func load(ctx context.Context, shop *shop, o options) error {
	reportHeader()
	for _, s := range scenarios(shop) {
		if len(o.only) > 0 && !slices.Contains(o.only, s.name) {
			continue
		}
		report(s.name, closedLoop(ctx, o.clients, o.duration, s.flow))
	}
	if len(o.only) == 0 || slices.Contains(o.only, "mixed") {
		for _, r := range mixed(ctx, shop, o) {
			report(r.name, r.samples)
		}
	}
	return ctx.Err()
}
