package app

import (
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/check"
	"cartograph/internal/pg"
)

// maxViolations is how many violations of an invariant are printed.
const maxViolations = 20

// checking are the flags of `cartograph check`.
type checking struct{ grace time.Duration }

func (c *checking) flags(flags *flag.FlagSet) {
	flags.DurationVar(&c.grace, "grace", 30*time.Second, "")
}

// run checks every invariant on the databases and the event log of cfg, else of
// the data folder, and returns an error if one is violated.
func (c *checking) run(ctx context.Context, cfg Config, out io.Writer) error {
	chosen := slices.DeleteFunc(roles(), func(r role) bool { return r.database == nil || r.database.owner != "" })
	started, err := fillDatabaseURLs(ctx, &cfg, chosen)
	if err != nil {
		return err
	}
	system := check.System{Databases: map[string]*pgxpool.Pool{}, Brokers: cfg.KafkaBrokers, Grace: c.grace}
	defer func() { //nolint:contextcheck // the cluster is stopped also after ctx has ended
		for _, pool := range system.Databases {
			pool.Close()
		}
		if started != nil {
			_ = started.Stop()
		}
	}()
	if port, err := os.ReadFile(filepath.Join(cfg.DataDir, kafkaDir, "port")); err == nil && len(system.Brokers) == 0 && started == nil {
		system.Brokers = []string{"127.0.0.1:" + strings.TrimSpace(string(port))}
	}
	for _, r := range chosen {
		if *r.database.url(&cfg) == "" {
			continue
		}
		pool, err := pg.Open(ctx, *r.database.url(&cfg), nil)
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		system.Databases[r.name] = pool
		if r.needs&needsKafka != 0 {
			system.Outboxes = append(system.Outboxes, r.name)
		}
	}
	results, err := check.Run(ctx, &system)
	if err != nil {
		return err
	}
	return printChecked(out, results)
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
