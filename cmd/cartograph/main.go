// Cartograph is an e-commerce backend behind one GraphQL graph: five subgraphs,
// the workers behind them, and the router that joins them.
//
//	cartograph                      every role in one process
//	cartograph cart inventory       some roles
//	cartograph help                 commands, flags and roles
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"cartograph/app"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := app.Main(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "cartograph:", err)
		os.Exit(1)
	}
}
