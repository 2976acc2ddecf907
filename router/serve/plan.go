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

// Plan writes how a router over the graph of sdl would answer a request, as a
// tree, and what it would cost. Nothing is asked of a subgraph. The errors of
// the document are named with their place in file.
func Plan(ctx context.Context, sdl, file string, req plan.Request, out io.Writer) error {
	sg, err := supergraph.Parse(sdl)
	if err != nil {
		return err
	}
	nowhere := map[string]string{} // a plan needs no addresses
	for _, s := range sg.Subgraphs {
		nowhere[s.Name] = "http://subgraph.invalid"
	}
	r, err := router.New(ctx, router.Config{SDL: sdl, URLs: nowhere, Introspection: true}, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer r.Close()
	op, err := r.Plan(req)
	if err != nil {
		return placed(file, err)
	}
	name := op.Name
	if name == "" {
		name = "without a name"
	}
	_, err = fmt.Fprintf(out, "# %s %s, cost: %d\n%s", op.Kind, name, op.Cost, op.Tree())
	return err
}

// placed puts the file before each error, and the line where that is known.
func placed(file string, err error) error {
	if list := gqlerr.FromError(err); list.Code() == gqlerr.Internal { // its text is for people who may not know
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
