// Generate writes cartograph.json.
package main

import (
	"fmt"
	"os"

	"cartograph/deploy/grafana"
)

func main() {
	board, err := grafana.Dashboard()
	if err == nil {
		err = os.WriteFile("cartograph.json", board, 0o644) //nolint:gosec // it is public
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}
