package app

import (
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"cartograph/internal/check"
)

// maxViolations is how many violations of an invariant are printed.
const maxViolations = 20

// checking are the flags of `cartograph check`.
type checking struct{ grace time.Duration }

func (c *checking) flags(flags *flag.FlagSet) {
	flags.DurationVar(&c.grace, "grace", 30*time.Second, "")
}

// run prints what Check finds, and returns an error if an invariant is violated.
func (c *checking) run(ctx context.Context, cfg Config, out io.Writer) error {
	results, err := Check(ctx, cfg, c.grace)
	if err != nil {
		return err
	}
	return printChecked(out, results)
}

// Check reads every invariant on the databases and the event log of cfg, else of
// the data folder. A step of a purchase may be under way for as long as the grace.
func Check(ctx context.Context, cfg Config, grace time.Duration) ([]check.Result, error) {
	chosen := slices.DeleteFunc(roles(), func(r role) bool { return r.database == nil || r.database.owner != "" })
	databases, err := openDatabases(ctx, cfg, chosen)
	if err != nil {
		return nil, err
	}
	defer databases.close() //nolint:contextcheck // also after ctx has ended
	system := check.System{Databases: databases.pools, Brokers: brokersOf(ctx, cfg), Grace: grace}
	for _, r := range databases.roles {
		if r.needs&needsKafka != 0 {
			system.Outboxes = append(system.Outboxes, r.name)
		}
	}
	return check.Run(ctx, &system)
}

func printChecked(out io.Writer, results []check.Result) error {
	broken := 0
	for _, r := range results {
		verdict, note := "ok", fmt.Sprintf("%d checked", r.Checked)
		switch {
		case r.Skipped != "":
			verdict, note = "skipped", r.Skipped
		case len(r.Violations) > 0:
			broken++
			verdict, note = "VIOLATED", fmt.Sprintf("%d of %d", len(r.Violations), r.Checked)
		}
		if _, err := fmt.Fprintf(out, "%-9s %s: %s (%s)\n", verdict, r.Group, r.Name, note); err != nil {
			return err
		}
		for n, id := range slices.Sorted(maps.Keys(r.Violations)) {
			if n == maxViolations {
				_, _ = fmt.Fprintf(out, "          and %d more\n", len(r.Violations)-n)
				break
			}
			_, _ = fmt.Fprintf(out, "          %s: %s\n", cell(id), cell(r.Violations[id]))
		}
	}
	if broken > 0 {
		return fmt.Errorf("%d of %d invariants are violated", broken, len(results))
	}
	return nil
}
