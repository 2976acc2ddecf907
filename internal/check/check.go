// Package check compares what the roles have stored with each other, with the
// payment gateway and with the event log. It only reads.
//
// Each file has the invariants of one group. Databases are read one after the
// other, and rows are counted in a statement of their own, so a purchase that is
// under way can look broken in between, as can one whose next step is an event:
// what violates an invariant is read again until it is in order or the grace has
// ended, and only what was found each time is reported.
package check

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/wakeup"
)

// System is what is checked. A nil pool leaves out the invariants that need it.
type System struct {
	Databases map[string]*pgxpool.Pool // by role
	Brokers   []string                 // of the event log; none: it is left out
	Outboxes  []string                 // roles with an outbox
	Grace     time.Duration            // how long a step of a purchase may take
}

// Result is what was found about an invariant.
type Result struct {
	Group, Name string
	Checked     int // rows that it holds for, or not
	Violations  map[string]string
	Skipped     string // why it was left out
}

// An invariant must hold for every row of what it reads.
type invariant struct {
	group, name string
	needs       []string // roles whose databases it reads
	log         bool     // it reads the event log
	find        func(context.Context, *System) (checked int, violations map[string]string, err error)
}

func invariants() []invariant {
	return slices.Concat(stock(), sales(), payments(), giftCards(), orders(), shipments(), returns(), purchases(), gateway(), mails(), levels(), events())
}

const againEvery = time.Second

// Run checks every invariant.
func Run(ctx context.Context, s *System) ([]Result, error) {
	return run(ctx, s, invariants())
}

// run reads every invariant once, and those that are violated again until they are
// in order or the grace has ended. All of them share that time, so one that stays
// violated takes none from the others. A gap in the log stays one, and reading the
// log takes long: it is read once.
func run(ctx context.Context, s *System, all []invariant) ([]Result, error) {
	results := make([]Result, len(all))
	var violated []int
	for n, i := range all {
		results[n] = Result{Group: i.group, Name: i.name, Skipped: i.missing(s)}
		if results[n].Skipped != "" {
			continue
		}
		if err := i.read(ctx, s, &results[n]); err != nil {
			return nil, err
		}
		if len(results[n].Violations) > 0 && !i.log {
			violated = append(violated, n)
		}
	}
	for began := time.Now(); len(violated) > 0 && time.Since(began) < s.Grace; {
		if !wakeup.Sleep(ctx, againEvery) {
			return nil, ctx.Err()
		}
		for _, n := range violated {
			if err := all[n].read(ctx, s, &results[n]); err != nil {
				return nil, err
			}
		}
		violated = slices.DeleteFunc(violated, func(n int) bool { return len(results[n].Violations) == 0 })
	}
	return results, nil
}

func (i invariant) missing(s *System) string {
	for _, role := range i.needs {
		if s.Databases[role] == nil {
			return "no database of " + role
		}
	}
	if i.log && len(s.Brokers) == 0 {
		return "no Kafka"
	}
	return ""
}

// read reads the invariant into r. When it is read again, only the violations that r
// has already are kept: those that come and go are steps under way.
func (i invariant) read(ctx context.Context, s *System, r *Result) error {
	checked, found, err := i.find(ctx, s)
	if err != nil {
		return fmt.Errorf("%s: %w", i.name, err)
	}
	if before := r.Violations; before != nil {
		maps.DeleteFunc(found, func(id, _ string) bool { _, ok := before[id]; return !ok })
	}
	r.Checked, r.Violations = checked, found
	return nil
}

// within is an invariant of one database: count is how many rows there are, find
// selects the id of each that violates it, and what is wrong with it.
func within(role, group, name, count, find string) invariant {
	return invariant{
		group: group, name: name, needs: []string{role},
		find: func(ctx context.Context, s *System) (checked int, violations map[string]string, err error) {
			pool := s.Databases[role]
			if err := pool.QueryRow(ctx, count).Scan(&checked); err != nil {
				return 0, nil, err
			}
			violations, err = pairs[string](ctx, pool, find)
			return checked, violations, err
		},
	}
}

// between is an invariant of two databases, or of two tables. Each side selects
// keys and values; every key must be in both, with the same value.
func between(group, name string, a, b side) invariant {
	return invariant{
		group: group, name: name, needs: []string{a.role, b.role},
		find: func(ctx context.Context, s *System) (checked int, violations map[string]string, err error) {
			// What b must have is read first: what comes later is read again.
			expected, err := pairs[string](ctx, s.Databases[a.role], a.query)
			if err != nil {
				return 0, nil, err
			}
			got, err := pairs[string](ctx, s.Databases[b.role], b.query)
			if err != nil {
				return 0, nil, err
			}
			violations = map[string]string{}
			for id, value := range expected {
				if other, ok := got[id]; !ok {
					violations[id] = fmt.Sprintf("%s is %s, %s is missing", a.what, value, b.what)
				} else if other != value {
					violations[id] = fmt.Sprintf("%s is %s, %s is %s", a.what, value, b.what, other)
				}
			}
			for id, value := range got {
				if _, ok := expected[id]; !ok && !b.more {
					violations[id] = fmt.Sprintf("%s is %s, %s is missing", b.what, value, a.what)
				}
			}
			return len(expected), violations, nil
		},
	}
}

// A side is what one database has.
type side struct {
	role, what string
	query      string // selects two texts: key and value
	more       bool   // it may have keys that the other does not have
}

// pairs reads rows of a key and a value.
func pairs[V any](ctx context.Context, pool *pgxpool.Pool, query string, args ...any) (map[string]V, error) {
	rows, err := pool.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	found := map[string]V{}
	var key string
	var value V
	_, err = pgx.ForEachRow(rows, []any{&key, &value}, func() error {
		found[key] = value
		return nil
	})
	return found, err
}
