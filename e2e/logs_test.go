package e2e

import (
	"log/slog"
	"net/http"
	"testing"
	"time"

	"cartograph/consumers/logs"
	"cartograph/internal/polltest"
)

// TestWhatARoleLogsIsFoundInTheLoggingRole: a field that is refused is in the router's
// log, with the client's request id.
func TestWhatARoleLogsIsFoundInTheLoggingRole(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.guest(t)
	c.header = http.Header{"X-Request-Id": {"find-me-42"}}
	if a, err := c.send(t.Context(), `query Staff { users { totalCount } }`, nil); err != nil || len(a.Errors) == 0 {
		t.Fatalf("a guest reads the users: %v, %v", a, err)
	}
	stored := pool(t, s.cfg.Logging.DatabaseURL)
	var found []logs.Record
	polltest.Eventually(t, "the record is stored", func() bool {
		var err error
		found, err = logs.Find(t.Context(), stored, logs.Filter{Since: time.Now().Add(-time.Hour), Words: `"find-me-42"`, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		return len(found) > 0
	})
	if r := found[0]; r.Service != "router" || r.Level != slog.LevelInfo || r.Attributes["operation"] != "Staff" || r.Attributes["code"] == "" {
		t.Errorf("found %+v, want the router's record of the operation", r)
	}
}
