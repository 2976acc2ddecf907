// Notice prints the licences of what the program is built from, for the file NOTICE.
//
// It reads them from the module cache: no network is needed after a build.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "notice:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	modules, err := linked(ctx)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(os.Stdout)
	if err := write(out, modules); err != nil {
		return err
	}
	return out.Flush()
}
