// Bench measures the running binary under load: time to start, idle memory, and
// for each scenario the throughput and the latency of its flows.
//
// It builds nothing and asserts nothing. Figures are comparable within one run
// on one machine; they include the load generator.
//
//	go run ./bench                       10,000 products, 16 clients
//	go run ./bench -products 0 -duration 3s -only list,search
//	go run ./bench -url http://127.0.0.1:4000/graphql -only mixed
package main

import (
	"context"
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
		return load(ctx, shop, o)
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
	err = load(ctx, shop, o)
	fmt.Printf("\nafter the load: %s\n", server.memory())
	return err
}

// load runs the selected scenarios one after the other.
func load(ctx context.Context, shop *shop, o options) error {
	fmt.Printf("\n%-22s %9s %9s %9s %9s %7s\n", "", "flows/s", "p50", "p95", "p99", "failed")
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
