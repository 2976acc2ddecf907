package app

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"cartograph/router/plan"
	"cartograph/router/serve"
	"cartograph/schema"
)

// planning are the flags of `cartograph plan`.
type planning struct{ variables, operation string }

func (p *planning) flags(flags *flag.FlagSet) {
	flags.StringVar(&p.variables, "variables", "", "")
	flags.StringVar(&p.operation, "operation", "", "")
}

// run prints the plan of the operation in a file, for the supergraph in another
// file or our own.
func (p *planning) run(ctx context.Context, files []string, supergraph string, out io.Writer) error {
	if len(files) != 1 {
		return errors.New("name one file with an operation: cartograph plan OPERATION.graphql")
	}
	sdl := schema.Supergraph
	if supergraph != "" {
		content, err := os.ReadFile(supergraph)
		if err != nil {
			return fmt.Errorf("read supergraph: %w", err)
		}
		sdl = string(content)
	}
	operation, err := os.ReadFile(files[0])
	if err != nil {
		return fmt.Errorf("read operation: %w", err)
	}
	variables := json.RawMessage(p.variables)
	if len(variables) > 0 && (!json.Valid(variables) || variables[0] != '{') {
		return errors.New("--variables: not a JSON object")
	}
	return serve.Plan(ctx, sdl, files[0], plan.Request{
		Query: string(operation), OperationName: p.operation, Variables: variables,
	}, out)
}
