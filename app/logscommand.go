package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/consumers/logs"
	"cartograph/internal/wakeup"
)

// logSearch are the flags of `cartograph logs`.
type logSearch struct {
	service, level, trace, order, text string
	since                              time.Duration
	lines                              int
	follow                             bool
}

func (l *logSearch) flags(flags *flag.FlagSet) {
	flags.StringVar(&l.service, "service", "", "")
	flags.StringVar(&l.level, "level", "debug", "")
	flags.StringVar(&l.trace, "trace", "", "")
	flags.StringVar(&l.order, "order", "", "")
	flags.StringVar(&l.text, "text", "", "")
	flags.DurationVar(&l.since, "since", time.Hour, "")
	flags.IntVar(&l.lines, "lines", 200, "")
	flags.BoolVar(&l.follow, "follow", false, "")
}

// run prints log records that the logging role has stored, or the kinds of errors. It
// works on the role's database, whether the role runs or not.
func (l *logSearch) run(ctx context.Context, cfg Config, words []string, out io.Writer) error {
	if l.lines < 1 || l.lines > maxListed {
		return fmt.Errorf("--lines %d: expected 1 to %d", l.lines, maxListed)
	}
	if l.since <= 0 {
		return fmt.Errorf("--since %s: expected a duration, such as 2h", l.since)
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(l.level)); err != nil {
		return fmt.Errorf("--level %s: expected debug, info, warn or error", l.level)
	}
	chosen, err := choose([]string{loggingRole})
	if err != nil {
		return err
	}
	databases, err := openDatabases(ctx, cfg, chosen)
	if err != nil {
		return err
	}
	defer databases.close() //nolint:contextcheck // also after ctx has ended
	pool := databases.pools[loggingRole]
	switch {
	case pool == nil:
		return errors.New("no stored logs: set LOGGING_DATABASE_URL, or name the data folder with --data")
	case len(words) == 0:
		return l.print(ctx, pool, level, out)
	case len(words) == 1 && words[0] == "errors":
		return l.kinds(ctx, pool, out)
	default:
		return fmt.Errorf("logs %s: expected nothing, or errors", words[0])
	}
}

// Records arrive some time after they were written, and not in their order: a reader who
// follows looks back so far.
const (
	followEvery = time.Second
	lookBack    = 15 * time.Second
)

func (l *logSearch) print(ctx context.Context, pool *pgxpool.Pool, level slog.Level, out io.Writer) error {
	filter := logs.Filter{
		Since: time.Now().Add(-l.since), Service: l.service, Level: level, TraceID: l.trace, Words: l.words(), Limit: l.lines,
	}
	printed := map[string]time.Time{}
	for {
		found, err := logs.Find(ctx, pool, filter)
		if err != nil {
			return err
		}
		for _, r := range found {
			if _, before := printed[r.ID]; before {
				continue
			}
			printed[r.ID] = r.At
			if _, err := fmt.Fprintln(out, line(r)); err != nil {
				return err
			}
		}
		if !l.follow || !wakeup.Sleep(ctx, followEvery) {
			return nil
		}
		if since := time.Now().Add(-lookBack); since.After(filter.Since) {
			filter.Since, filter.Limit = since, maxListed
		}
		maps.DeleteFunc(printed, func(_ string, at time.Time) bool { return at.Before(filter.Since) })
	}
}

// words are those of --text, and the number or id of --order as it is.
func (l *logSearch) words() string {
	words := l.text
	if l.order != "" {
		words += ` "` + strings.ReplaceAll(l.order, `"`, "") + `"`
	}
	return strings.TrimSpace(words)
}

// line is a record as a line, its attributes in the order of their names.
func line(r logs.Record) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %-5s %s", r.At.Local().Format("2006-01-02 15:04:05.000"), r.Level, r.Service)
	if r.Instance != "" && r.Instance != "0" {
		b.WriteString("/" + r.Instance)
	}
	b.WriteString("  " + r.Message)
	for _, name := range slices.Sorted(maps.Keys(r.Attributes)) {
		fmt.Fprintf(&b, "  %s=%v", name, quoted(r.Attributes[name]))
	}
	if r.TraceID != "" {
		b.WriteString("  trace=" + r.TraceID)
	}
	return b.String()
}

// quoted is a value that stands on one line.
func quoted(text string) string {
	if text == "" || strings.ContainsAny(text, " \t\n\r\"=") {
		return strconv.Quote(text)
	}
	return text
}

func (l *logSearch) kinds(ctx context.Context, pool *pgxpool.Pool, out io.Writer) error {
	kinds, err := logs.Kinds(ctx, pool, time.Now().Add(-l.since), l.service, l.lines)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "COUNT\tFIRST\tLAST\tLEVEL\tSERVICE\tMESSAGE\tERROR")
	for _, k := range kinds {
		_, _ = fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\t%.*s\n", k.Count, k.FirstAt.Local().Format(time.DateTime), k.LastAt.Local().Format(time.DateTime),
			k.Level, k.Service, k.Message, maxErrorCell, strings.ReplaceAll(k.Example["err"], "\n", " "))
	}
	return table.Flush()
}
