package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/event"
	"cartograph/internal/kafka"
)

// Bounds of what `cartograph deadletters` prints.
const (
	maxListed    = 1000
	maxShown     = 64 << 10 // bytes of an event
	maxErrorCell = 100      // characters of an error in the list
)

// deadLetters are the flags of `cartograph deadletters`.
type deadLetters struct {
	role, topic string
	limit       int
	all         bool
}

func (d *deadLetters) flags(flags *flag.FlagSet) {
	flags.StringVar(&d.role, "role", "", "")
	flags.StringVar(&d.topic, "topic", "", "")
	flags.IntVar(&d.limit, "limit", 50, "")
	flags.BoolVar(&d.all, "all", false, "")
}

// run lists, shows, replays or discards dead letters. It works on the databases
// of the roles, whether these run or not: a role replays when it runs. Without
// URLs it starts the embedded Postgres for its time unless that runs.
func (d *deadLetters) run(ctx context.Context, cfg Config, words []string, out io.Writer) error {
	if len(words) == 0 {
		return errors.New("name what to do: cartograph deadletters list, show, replay or discard")
	}
	if d.limit < 1 || d.limit > maxListed {
		return fmt.Errorf("--limit %d: expected 1 to %d", d.limit, maxListed)
	}
	selected, err := d.selected(words[1:])
	if err != nil {
		return err
	}
	databases, err := openDeadLetters(ctx, cfg, d.role)
	if err != nil {
		return err
	}
	defer databases.close() //nolint:contextcheck // also after ctx has ended
	switch verb := words[0]; verb {
	case "list":
		return d.list(ctx, databases, out)
	case "show":
		if len(selected) == 0 {
			return errors.New("name dead letters by their ids, such as order/12")
		}
		return each(selected, databases, func(pool *pgxpool.Pool, f kafka.DeadLetterFilter) error { return show(ctx, pool, f, out) })
	case "replay", "discard":
		change, done := kafka.ReplayDeadLetters, "will be replayed"
		if verb == "discard" {
			change, done = kafka.DiscardDeadLetters, "discarded"
		}
		if len(selected) == 0 && !d.all {
			return errors.New("name dead letters by their ids, such as order/12, or select with --all")
		}
		if len(selected) == 0 {
			selected = everything(databases, d.topic)
		}
		return each(selected, databases, func(pool *pgxpool.Pool, f kafka.DeadLetterFilter) error {
			n, err := change(ctx, pool, f)
			if err == nil && n > 0 {
				_, err = fmt.Fprintf(out, "%s: %d %s\n", f.Consumer, n, done)
			}
			return err
		})
	default:
		return fmt.Errorf("deadletters %s: expected list, show, replay or discard", verb)
	}
}

// selected reads ids such as order/12.
func (d *deadLetters) selected(ids []string) ([]kafka.DeadLetterFilter, error) {
	var all []kafka.DeadLetterFilter
	for _, id := range ids {
		role, number, _ := strings.Cut(id, "/")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is not the id of a dead letter, such as order/12", id)
		}
		if d.role != "" && d.role != role {
			return nil, fmt.Errorf("%s is not of the role %s", id, d.role)
		}
		all = append(all, kafka.DeadLetterFilter{Consumer: role, Topic: d.topic, ID: n})
	}
	return all, nil
}

// openDeadLetters connects to the databases of the named role, or of all that
// consume.
func openDeadLetters(ctx context.Context, cfg Config, only string) (*roleDatabases, error) {
	var names []string
	if only != "" {
		names = []string{only}
	}
	chosen, err := choose(names)
	if err != nil {
		return nil, err
	}
	chosen = slices.DeleteFunc(chosen, func(r role) bool { return r.database == nil || r.needs&needsKafka == 0 })
	if len(chosen) == 0 {
		return nil, fmt.Errorf("%s consumes no events", only)
	}
	return openDatabases(ctx, cfg, chosen)
}

// everything selects all dead letters of the roles that have a database.
func everything(d *roleDatabases, topic string) []kafka.DeadLetterFilter {
	var all []kafka.DeadLetterFilter
	for _, r := range d.roles {
		all = append(all, kafka.DeadLetterFilter{Consumer: r.name, Topic: topic})
	}
	return all
}

func each(selected []kafka.DeadLetterFilter, d *roleDatabases, do func(*pgxpool.Pool, kafka.DeadLetterFilter) error) error {
	var errs []error
	for _, f := range selected {
		pool, ok := d.pools[f.Consumer]
		if !ok {
			errs = append(errs, fmt.Errorf("%s/%d: %s consumes no events, or its database has no URL", f.Consumer, f.ID, f.Consumer))
			continue
		}
		if err := do(pool, f); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", f.Consumer, err))
		}
	}
	return errors.Join(errs...)
}

// list prints a line for each unresolved dead letter.
func (d *deadLetters) list(ctx context.Context, databases *roleDatabases, out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "ID\tTOPIC\tTYPE\tSUBJECT\tFIRST FAILED\tATTEMPTS\tSTATE\tERROR")
	rest, left := 0, d.limit
	for _, f := range everything(databases, d.topic) {
		letters, total, err := kafka.OpenDeadLetters(ctx, databases.pools[f.Consumer], f, left)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Consumer, err)
		}
		for _, l := range letters {
			e, _ := event.Parse(l.Value) // an event that cannot be parsed has no type
			state := "open"
			if l.ReplayAt != nil {
				state = "replaying"
			}
			_, _ = fmt.Fprintf(w, "%s/%d\t%s\t%s\t%s\t%s\t%d\t%s\t%s\n",
				l.Consumer, l.ID, l.Topic, cell(e.Type), cell(e.Subject), l.FirstFailedAt.UTC().Format(time.RFC3339), l.Attempts, state, cell(l.Error))
		}
		left -= len(letters)
		rest += total - len(letters)
	}
	if err := w.Flush(); err != nil || rest == 0 {
		return err
	}
	_, err := fmt.Fprintf(out, "and %d more; see --limit, --role and --topic\n", rest)
	return err
}

// cell is a text of one line for a table: neither its length nor what it holds
// is under our control.
func cell(text string) string {
	clean := oneLine(text)
	if runes := []rune(clean); len(runes) > maxErrorCell {
		return string(runes[:maxErrorCell]) + "…"
	}
	return clean
}

// oneLine is a text without what moves a terminal's cursor.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
}

// show prints a dead letter whole.
func show(ctx context.Context, pool *pgxpool.Pool, f kafka.DeadLetterFilter, out io.Writer) error {
	letters, _, err := kafka.OpenDeadLetters(ctx, pool, f, 1)
	if err != nil {
		return err
	}
	if len(letters) == 0 {
		return fmt.Errorf("%d: %w", f.ID, kafka.ErrNoDeadLetter)
	}
	l := letters[0]
	content := l.Value
	var pretty bytes.Buffer
	if json.Indent(&pretty, l.Value, "", "  ") == nil {
		content = pretty.Bytes()
	} else {
		content = strconv.AppendQuote(nil, string(content)) // it may hold control sequences of terminals
	}
	cut := ""
	if len(content) > maxShown {
		content, cut = content[:maxShown], fmt.Sprintf("\n… cut after %d bytes", maxShown)
	}
	_, err = fmt.Fprintf(out, "%s/%d\ntopic %s, partition %d, offset %d, key %q\nfailed %d times since %s\nerror: %q\n%s%s\n\n",
		l.Consumer, l.ID, l.Topic, l.Partition, l.Offset, l.Key, l.Attempts, l.FirstFailedAt.UTC().Format(time.RFC3339), l.Error, content, cut)
	return err
}
