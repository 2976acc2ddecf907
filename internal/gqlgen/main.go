// Command gqlgen generates a subgraph from its gqlgen.yml, as gqlgen's own command does,
// with a faster way to write objects whose fields are read from Go values.
//
// It has the name of gqlgen's command so that go tool gqlgen runs it.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen/config"
)

func main() {
	if err := generate(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func generate() error {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // and with it the log of gqlgen: which fields need resolvers
	cfg, err := config.LoadConfigFromDefaultLocations()
	if err != nil {
		return err
	}
	// As gqlgen removes its own files: what they refer to may be gone.
	if err := os.Remove(plainFile(cfg)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return api.Generate(cfg, api.AddPlugin(plainFields{}))
}
