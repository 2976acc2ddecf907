// Command generate writes the AsyncAPI document of package asyncapi. It is for go
// generate, in that package's folder.
package main

import (
	"fmt"
	"os"

	"cartograph/internal/event/asyncapi"
)

func main() {
	document, err := asyncapi.Document("..", "../../catalogue")
	if err == nil {
		err = os.WriteFile("asyncapi.json", append(document, '\n'), 0o644) //nolint:gosec // source code
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
