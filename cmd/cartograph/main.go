// Cartograph is a shop's backend as one GraphQL graph: five subgraphs, the
// workers behind them, and the router that joins them.
//
//	cartograph                      all of it in one process
//	cartograph cart inventory       some of it
//	cartograph help                 what else there is
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
