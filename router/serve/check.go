package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"cartograph/router"
	"cartograph/router/plan"
)

// Check builds the router that Run would serve, plans operations that together
// select every field, and tells what it found. Its error names every bad value
// with its place, or why the supergraph cannot be served.
func (s Source) Check(ctx context.Context, out io.Writer, log *slog.Logger) error {
	began := time.Now()
	all, err := s.Load()
	if err != nil {
		return err
	}
	alone := Parts{log: log}
	r, err := alone.build(ctx, &all)
	if err != nil {
		return err
	}
	defer r.Close()
	planned, err := planEverything(r)
	if err != nil {
		return fmt.Errorf("%s: %w", all.Supergraph, err)
	}
	_, err = fmt.Fprintf(out, "%s holds: every field can be planned (%d operations), and the configuration is sound; checked in %s.\n",
		all.Supergraph, planned, time.Since(began).Round(time.Millisecond))
	return err
}

// mostComplaints bounds how many fields are named.
const mostComplaints = 10

func planEverything(r *router.Router) (planned int, err error) {
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "client schema", Input: r.Schema()})
	if err != nil {
		return 0, fmt.Errorf("the schema that clients would see: %w", err)
	}
	var bad []error
	for _, s := range samples(schema) {
		planned++
		if _, err := r.Plan(plan.Request{Query: s.text}); err != nil && len(bad) < mostComplaints {
			bad = append(bad, fmt.Errorf("type %s cannot be planned by\n    %s\n  %w", s.of, s.text, err))
		}
	}
	return planned, errors.Join(bad...)
}
