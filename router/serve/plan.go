package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"cartograph/router"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
	"cartograph/router/supergraph"
)

// Plan writes the query plan of a request over the supergraph sdl as a tree, and
// its cost. It sends nothing to subgraphs. Errors of the document are prefixed
// with their position in file.
func Plan(ctx context.Context, sdl, file string, req plan.Request, out io.Writer) error {
	sg, err := supergraph.Parse(sdl)
	if err != nil {
		return err
	}
	urls := map[string]string{} // planning contacts none of them
	for _, s := range sg.Subgraphs {
		urls[s.Name] = "http://subgraph.invalid"
	}
	r, err := router.New(ctx, router.Config{SDL: sdl, URLs: urls, Introspection: true}, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer r.Close()
	op, err := r.Plan(req)
	if err != nil {
		return withPosition(file, err)
	}
	name := op.Name
	if name == "" {
		name = "anonymous"
	}
	_, err = fmt.Fprintf(out, "# %s %s, cost: %d\n%s", op.Kind, name, op.Cost, op.Tree())
	return err
}

// withPosition prefixes each error with the file, and its line where known.
func withPosition(file string, err error) error {
	if list := gqlerr.FromError(err); list.Code() == gqlerr.Internal { // Body would replace its message
		return fmt.Errorf("%s: %w", file, err)
	}
	var errs []error
	for _, e := range gqlerr.FromError(err) {
		at := file
		if len(e.Locations) > 0 {
			at = fmt.Sprintf("%s:%d:%d", file, e.Locations[0].Line, e.Locations[0].Column)
		}
		errs = append(errs, fmt.Errorf("%s: %s", at, e.Message))
	}
	return errors.Join(errs...)
}
