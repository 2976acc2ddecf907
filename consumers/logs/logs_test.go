package logs_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/consumers/logs"
	"cartograph/consumers/logs/db"
	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/internal/id"
	"cartograph/internal/outbox"
	"cartograph/internal/pgtest"
	"cartograph/internal/polltest"
)

var quiet = slog.New(slog.DiscardHandler)

func newWorker(t *testing.T, cfg logs.Config) (*logs.Worker, *pgxpool.Pool) {
	t.Helper()
	pool := pgtest.New(t, db.Migrations())
	cfg.Retention = 14 * 24 * time.Hour
	w := logs.NewWorker(pool, outbox.New(pool), cfg, quiet)
	if err := w.Cleanup(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	return w, pool
}

// write stores records of a service, in one event each time.
func write(t *testing.T, w *logs.Worker, service string, records ...event.LogRecord) event.Envelope {
	t.Helper()
	for i := range records {
		if records[i].ID == "" {
			records[i].ID = id.New("log")
		}
		if records[i].At.IsZero() {
			records[i].At = time.Now().UTC()
		}
	}
	e := eventtest.Envelope(event.LogsWritten{Service: service, Instance: "0", Records: records})
	if err := w.Handle(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	return e
}

func messages(t *testing.T, pool *pgxpool.Pool, f logs.Filter) []string {
	t.Helper()
	f.Since, f.Limit = time.Now().Add(-time.Hour), 100
	found, err := logs.Find(t.Context(), pool, f)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]string, len(found))
	for i, r := range found {
		out[i] = r.Message
	}
	return out
}

func TestRecordsAreFoundByServiceLevelTraceAndWords(t *testing.T) {
	t.Parallel()
	w, pool := newWorker(t, logs.Config{})
	now := time.Now().UTC()
	write(t, w, "order",
		event.LogRecord{At: now.Add(-3 * time.Second), Message: "order placed", Attributes: map[string]string{"number": "CG-1042"}, TraceID: "4bf9"},
		event.LogRecord{At: now.Add(-2 * time.Second), Level: 8, Message: "inconsistent purchase", Attributes: map[string]string{"number": "CG-1042", "err": "zero\x00byte"}})
	write(t, w, "payment", event.LogRecord{At: now.Add(-time.Second), Level: 4, Message: "gateway outcome unknown, retrying", TraceID: "4bf9"})
	write(t, w, "payment", event.LogRecord{At: now.Add(-15 * 24 * time.Hour), Message: "older than the retention"})
	for name, c := range map[string]struct {
		filter logs.Filter
		want   []string
	}{
		"everything, oldest first": {logs.Filter{Level: -4}, []string{"order placed", "inconsistent purchase", "gateway outcome unknown, retrying"}},
		"a service":                {logs.Filter{Service: "order"}, []string{"order placed", "inconsistent purchase"}},
		"warnings and errors":      {logs.Filter{Level: slog.LevelWarn}, []string{"inconsistent purchase", "gateway outcome unknown, retrying"}},
		"a trace":                  {logs.Filter{TraceID: "4bf9"}, []string{"order placed", "gateway outcome unknown, retrying"}},
		"an order's number":        {logs.Filter{Words: `"CG-1042"`}, []string{"order placed", "inconsistent purchase"}},
		"words and none of others": {logs.Filter{Words: `CG-1042 -inconsistent`}, []string{"order placed"}},
		"a word that nobody wrote": {logs.Filter{Words: "CG-1043"}, []string{}},
	} {
		if got := messages(t, pool, c.filter); !slices.Equal(got, c.want) {
			t.Errorf("%s: found %q, want %q", name, got, c.want)
		}
	}
}

func TestARecordIsStoredAndCountedOnce(t *testing.T) {
	t.Parallel()
	w, pool := newWorker(t, logs.Config{})
	failed := event.LogRecord{ID: "log_1", Level: 8, Message: "event moved to dead letters", At: time.Now().UTC().Truncate(time.Minute)}
	e := write(t, w, "order", failed)
	if err := w.Handle(t.Context(), e); err != nil { // delivered again
		t.Fatal(err)
	}
	write(t, w, "order", failed, event.LogRecord{Level: 8, Message: failed.Message, At: failed.At.Add(time.Second)}) // sent again, in another event
	var stored, counted, kinds int
	err := pool.QueryRow(t.Context(), "SELECT (SELECT count(*) FROM records), (SELECT sum(written) FROM counts), (SELECT sum(written) FROM kinds)").
		Scan(&stored, &counted, &kinds)
	if err != nil || stored != 2 || counted != 2 || kinds != 2 {
		t.Errorf("stored %d, counted %d, of kinds %d, %v; want 2 each", stored, counted, kinds, err)
	}
}

func TestErrorsThatDifferByIDsAreOfOneKind(t *testing.T) {
	t.Parallel()
	w, pool := newWorker(t, logs.Config{})
	cause := func(text string) map[string]string { return map[string]string{"err": text} }
	write(t, w, "order",
		event.LogRecord{Level: 8, Message: "handle event failed", Attributes: cause(`order ord_01J9ZQ4T8W0000000000000001: timeout after 3.5s at 10.0.0.1:5432`)},
		event.LogRecord{Level: 8, Message: "handle event failed", Attributes: cause(`order ord_01J9ZQ4T8W0000000000000002: timeout after 12s at 10.0.0.2:5432`)},
		event.LogRecord{Level: 8, Message: "handle event failed", Attributes: cause(`no such column "price"`)},
		event.LogRecord{Level: 4, Message: "offsets are committed later"},
		event.LogRecord{Message: "listening"})
	kinds, err := logs.Kinds(t.Context(), pool, time.Now().Add(-time.Hour), "", 10)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[int64]int{}
	for _, k := range kinds {
		counts[k.Count]++
	}
	if len(kinds) != 3 || counts[2] != 1 || counts[1] != 2 {
		t.Errorf("kinds %+v, want one of two records, and two of one", kinds)
	}
}

func TestDaysThatAreOldAreDropped(t *testing.T) {
	t.Parallel()
	w, pool := newWorker(t, logs.Config{})
	write(t, w, "order", event.LogRecord{Level: 8, Message: "today"}, event.LogRecord{Level: 8, Message: "before the first partition", At: time.Now().Add(-24 * time.Hour)})
	count := func(what string) (n int) {
		t.Helper()
		if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM "+what).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if got := count("records_" + time.Now().UTC().Format("20060102")); got != 1 {
		t.Errorf("%d records in the partition of today, want 1", got)
	}
	if err := w.Cleanup(t.Context(), time.Now()); err != nil || count("records") != 2 {
		t.Errorf("%d records after a cleanup, %v; want them all", count("records"), err)
	}
	if err := w.Cleanup(t.Context(), time.Now().Add(30*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if count("records") != 0 || count("counts") != 0 || count("kinds") != 0 {
		t.Errorf("%d records, %d counts, %d kinds after their retention, want none", count("records"), count("counts"), count("kinds"))
	}
	if got := count("pg_inherits WHERE inhparent = 'records'::regclass"); got != 4 {
		t.Errorf("%d partitions, want the default one and three days", got)
	}
}

func TestANewKindOfErrorIsPostedOnce(t *testing.T) {
	t.Parallel()
	posted := make(chan map[string]any, 10)
	refuse := make(chan struct{}, 1)
	refuse <- struct{}{}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-refuse: // the first is repeated
			w.WriteHeader(http.StatusBadGateway)
			return
		default:
		}
		body, _ := io.ReadAll(r.Body)
		var a map[string]any
		if err := json.Unmarshal(body, &a); err != nil {
			t.Error(err)
		}
		posted <- a
	}))
	t.Cleanup(receiver.Close)
	w, _ := newWorker(t, logs.Config{AlertURL: receiver.URL})
	write(t, w, "order", event.LogRecord{Level: 8, Message: "inconsistent purchase", Attributes: map[string]string{"err": "no money"}}, event.LogRecord{Level: 4, Message: "a warning"})
	if err := w.Alert(t.Context()); err == nil {
		t.Error("an address that refuses is no error")
	}
	for range 2 {
		if err := w.Alert(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	polltest.Eventually(t, "posted", func() bool { return len(posted) > 0 })
	if a := <-posted; a["text"] != "New error in order: inconsistent purchase" || a["example"].(map[string]any)["err"] != "no money" {
		t.Errorf("posted %v", a)
	}
	if len(posted) != 0 {
		t.Errorf("posted again, or a warning: %v", <-posted)
	}
}
