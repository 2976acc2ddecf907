// Bench puts load on the running binary and prints what it bore: start, idle
// memory, and for each kind of use the flows per second and how long one took.
//
// It builds nothing and asserts nothing. Figures are for comparing within one
// run, on one machine, load generator included.
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

// options are what the command line says.
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
	flag.StringVar(&o.binary, "binary", "bin/cartograph", "the program to put load on")
	flag.StringVar(&o.url, "url", "", "put load on a system that runs already, with as many products; start none")
	flag.IntVar(&o.products, "products", 10_000, "made-up products beside the demo shop")
	flag.IntVar(&o.clients, "clients", 16, "clients at once")
	flag.DurationVar(&o.duration, "duration", 10*time.Second, "of each kind of use")
	flag.Float64Var(&o.rate, "rate", 20, "orders a second in the mixed run")
	flag.StringVar(&only, "only", "", "names of the kinds of use, separated by commas; all if empty")
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

// load puts each kind of use that was asked for on the shop, one after the
// other.
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
