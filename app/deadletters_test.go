package app

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/pg"
	"cartograph/internal/pgtest"
)

// store adds n dead letters of a consumer and returns the id of the first.
func store(t *testing.T, pool *pgxpool.Pool, consumer, topic, value string, n int) (first int64) {
	t.Helper()
	err := pool.QueryRow(t.Context(), `
		WITH stored AS (
			INSERT INTO dead_letters (consumer, topic, partition, kafka_offset, key, value, error, attempts, first_failed_at)
			SELECT $1, $2, 0, (SELECT count(*) FROM dead_letters) + i, 'chk_1', $3, E'broken\n\x1b[2J' || repeat('x', 500), 3, now()
			FROM generate_series(1, $4::int) AS i RETURNING id
		) SELECT min(id) FROM stored`, consumer, topic, []byte(value), n).Scan(&first)
	if err != nil {
		t.Fatal(err)
	}
	return first
}

func TestDeadLettersAreListedShownReplayedAndDiscarded(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t, fstest.MapFS{})
	pool, err := pg.Open(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	first := store(t, pool, "order", "payment.events.v1", `{"specversion":"1.0","id":"evt_1","type":"com.example.paid","subject":"ord_1","data":{"n":1}}`, 3)
	other := store(t, pool, "cart", "order.events.v1", "\x1b[2Jnot JSON", 2)
	var cfg Config
	cfg.Order.DatabaseURL, cfg.Cart.DatabaseURL = url, url
	run := func(d deadLetters, words ...string) (string, error) {
		var out bytes.Buffer
		if d.limit == 0 {
			d.limit = 50
		}
		err := d.run(context.WithoutCancel(t.Context()), cfg, words, &out)
		if strings.ContainsRune(out.String(), '\x1b') {
			t.Errorf("%q prints control characters of an event: %q", words, out.String())
		}
		return out.String(), err
	}
	list := func(d deadLetters) []string {
		t.Helper()
		out, err := run(d, "list")
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSpace(out), "\n")[1:]
	}

	if lines := list(deadLetters{}); len(lines) != 5 || len(lines[4]) > 400 {
		t.Errorf("all: %q, want five bounded lines", lines)
	}
	if lines := list(deadLetters{role: "order"}); len(lines) != 3 || !strings.Contains(lines[0], "com.example.paid  ord_1") {
		t.Errorf("of order: %q, want three with type and subject", lines)
	}
	if lines := list(deadLetters{topic: "order.events.v1"}); len(lines) != 2 {
		t.Errorf("of a topic: %q, want two", lines)
	}
	if lines := list(deadLetters{limit: 2}); len(lines) != 3 || lines[2] != "and 3 more; see --limit, --role and --topic" {
		t.Errorf("limited: %q, want two and how many more there are", lines)
	}
	if out, err := run(deadLetters{}, "show", fmt.Sprint("order/", first)); err != nil || !strings.Contains(out, `"subject": "ord_1"`) {
		t.Errorf("show: %s %v, want the event", out, err)
	}
	if out, err := run(deadLetters{}, "show", fmt.Sprint("cart/", other)); err != nil || !strings.Contains(out, "not JSON") {
		t.Errorf("show of a broken event: %s %v, want its bytes", out, err)
	}

	if out, err := run(deadLetters{}, "replay", fmt.Sprint("order/", first)); err != nil || out != "order: 1 will be replayed\n" {
		t.Errorf("replay: %q %v", out, err)
	}
	if lines := list(deadLetters{role: "order"}); !strings.Contains(lines[0], "replaying") || strings.Contains(lines[1], "replaying") {
		t.Errorf("after a replay: %q, want the first replaying", lines)
	}
	if out, err := run(deadLetters{all: true, topic: "order.events.v1"}, "discard"); err != nil || out != "cart: 2 discarded\n" {
		t.Errorf("discard of a topic: %q %v", out, err)
	}
	if lines := list(deadLetters{}); len(lines) != 3 {
		t.Errorf("after a discard: %q, want those of order", lines)
	}

	for _, tt := range []struct {
		name  string
		flags deadLetters
		words []string
		want  string
	}{
		{"nothing to do", deadLetters{}, nil, "list, show, replay or discard"},
		{"another verb", deadLetters{}, []string{"drop"}, "deadletters drop"},
		{"discard without a choice", deadLetters{}, []string{"discard"}, "--all"},
		{"show without an id", deadLetters{}, []string{"show"}, "order/12"},
		{"an id without a role", deadLetters{}, []string{"show", "12"}, `"12" is not the id`},
		{"an unknown role", deadLetters{role: "orders"}, []string{"list"}, `no role "orders"`},
		{"a role without events", deadLetters{role: "router"}, []string{"list"}, "router consumes no events"},
		{"another role's id", deadLetters{role: "order"}, []string{"discard", fmt.Sprint("cart/", other)}, "not of the role order"},
		{"a resolved one", deadLetters{}, []string{"replay", fmt.Sprint("cart/", other)}, "no such dead letter"},
		{"a role without a URL", deadLetters{}, []string{"discard", "user/1"}, "user consumes no events, or its database has no URL"},
		{"nothing embedded", deadLetters{role: "user"}, []string{"list"}, "no database URL is set"},
		{"a limit", deadLetters{limit: 1001}, []string{"list"}, "--limit 1001"},
	} {
		if out, err := run(tt.flags, tt.words...); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %q %v, want %q", tt.name, out, err, tt.want)
		}
	}
}

func TestReadinessForOperatorsHasTheNumberOfDeadLetters(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t, fstest.MapFS{})
	s := &service{role: roleNamed(t, "order"), pool: pool}
	s.notes = append(s.notes, s.deadLetters)
	if got := s.status(t.Context()); got.Err != nil || len(got.Notes) > 0 {
		t.Errorf("%+v, want it ready without a note", got)
	}
	store(t, pool, "order", "orders.events.v1", "{}", 2)
	store(t, pool, "cart", "orders.events.v1", "{}", 1) // of another role
	want := "2 dead letters; see cartograph deadletters list --role order"
	if got := s.status(t.Context()); got.Err != nil || !slices.Equal(got.Notes, []string{want}) {
		t.Errorf("%+v, want it ready with %q", got, want)
	}
}
