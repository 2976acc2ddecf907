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
// select every field, and writes a summary. Its error lists every invalid value
// with its position, or why the supergraph cannot be served.
func (s Source) Check(ctx context.Context, out io.Writer, log *slog.Logger) error {
	started := time.Now()
	all, err := s.Load()
	if err != nil {
		return err
	}
	without := Resources{log: log} // neither Redis nor a collector is needed to check
	r, err := without.build(ctx, &all)
	if err != nil {
		return err
	}
	defer r.Close()
	planned, err := planEverything(r)
	if err != nil {
		return fmt.Errorf("%s: %w", all.Supergraph, err)
	}
	_, err = fmt.Fprintf(out, "%s is valid: every field can be planned (%d operations); checked in %s.\n",
		all.Supergraph, planned, time.Since(started).Round(time.Millisecond))
	return err
}

// maxProblems bounds the length of the error.
const maxProblems = 10

func planEverything(r *router.Router) (planned int, err error) {
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "client schema", Input: r.Schema()})
	if err != nil {
		return 0, fmt.Errorf("client schema: %w", err)
	}
	var problems []error
	for _, s := range coverage(schema) {
		planned++
		if _, err := r.Plan(plan.Request{Query: s.text}); err != nil && len(problems) < maxProblems {
			problems = append(problems, fmt.Errorf("type %s cannot be planned with\n    %s\n  %w", s.of, s.text, err))
		}
	}
	return planned, errors.Join(problems...)
}
