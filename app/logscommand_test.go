package app

import (
	"bytes"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"cartograph/consumers/logs"
	logsdb "cartograph/consumers/logs/db"
	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/internal/outbox"
	"cartograph/internal/pg"
	"cartograph/internal/pgtest"
)

func TestLogsArePrintedALineEach(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t, logsdb.Migrations())
	pool, err := pg.Open(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	worker := logs.NewWorker(pool, outbox.New(pool), logs.Config{Retention: time.Hour}, slog.New(slog.DiscardHandler))
	now := time.Now().UTC()
	err = worker.Handle(t.Context(), eventtest.Envelope(event.LogsWritten{Service: "order", Instance: "2", Records: []event.LogRecord{
		{ID: "log_1", At: now.Add(-2 * time.Second), Message: "order placed", Attributes: map[string]string{"number": "CG-7", "by": "a guest"}, TraceID: "4bf9"},
		{ID: "log_2", At: now.Add(-time.Second), Level: 8, Message: "call failed", Attributes: map[string]string{"err": "line one\nline two"}},
	}}))
	if err != nil {
		t.Fatal(err)
	}
	var cfg Config
	cfg.Logging.DatabaseURL = url
	for name, c := range map[string]struct {
		search logSearch
		words  []string
		want   string // without times
	}{
		"everything":     {search: logSearch{level: "debug"}, want: "INFO  order/2  order placed  by=\"a guest\"  number=CG-7  trace=4bf9\nERROR order/2  call failed  err=\"line one\\nline two\"\n"},
		"of an order":    {search: logSearch{level: "debug", order: "CG-7"}, want: "INFO  order/2  order placed  by=\"a guest\"  number=CG-7  trace=4bf9\n"},
		"kinds":          {search: logSearch{level: "debug"}, words: []string{"errors"}, want: "COUNT FIRST LAST LEVEL SERVICE MESSAGE ERROR\n1 ERROR order call failed line one line two\n"},
		"nothing at all": {search: logSearch{level: "error", service: "cart"}, want: ""},
	} {
		c.search.since, c.search.lines = time.Hour, 10
		var out bytes.Buffer
		if err := c.search.run(t.Context(), cfg, c.words, &out); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got := regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\s+`).ReplaceAllString(out.String(), "")
		if len(c.words) > 0 {
			got = regexp.MustCompile(` +`).ReplaceAllString(got, " ")
		}
		if got != c.want {
			t.Errorf("%s: printed\n%swant\n%s", name, got, c.want)
		}
	}
	for name, c := range map[string]struct {
		search logSearch
		words  []string
		want   string
	}{
		"an unknown level": {logSearch{level: "loud", since: time.Hour, lines: 1}, nil, "--level loud"},
		"too many lines":   {logSearch{level: "info", since: time.Hour, lines: 1001}, nil, "--lines 1001"},
		"no time":          {logSearch{level: "info", lines: 1}, nil, "--since 0s"},
		"another word":     {logSearch{level: "info", since: time.Hour, lines: 1}, []string{"all"}, "logs all"},
	} {
		if err := c.search.run(t.Context(), cfg, c.words, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want it to name %s", name, err, c.want)
		}
	}
}
