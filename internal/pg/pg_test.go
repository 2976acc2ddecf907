package pg_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"cartograph/internal/pg"
	"cartograph/internal/pgtest"
)

// An outage may be retried for as long as it lasts; every other error may not.
func TestAnOutageIsDistinguishedFromAnError(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"none":               {nil, false},
		"stopping":           {&pgconn.PgError{Code: "57P01"}, true},
		"crashed":            {&pgconn.PgError{Code: "57P02"}, true},
		"starting":           {&pgconn.PgError{Code: "57P03"}, true},
		"no connection left": {&pgconn.PgError{Code: "53300"}, true},
		"cut in a response":  {fmt.Errorf("save: %w", io.ErrUnexpectedEOF), true},
		"reset":              {fmt.Errorf("save: %w", &net.OpError{Op: "read", Err: errors.New("reset")}), true},
		"broken rule":        {&pgconn.PgError{Code: "23514"}, false},
		"anything else":      {errors.New("boom"), false},
	} {
		if got := pg.Unreachable(c.err); got != c.want {
			t.Errorf("%s: Unreachable(%v) = %v, want %v", name, c.err, got, c.want)
		}
	}
}

func TestATerminatedConnectionIsAnOutage(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t, fstest.MapFS{})
	conn, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if _, err := pool.Exec(t.Context(), "SELECT pg_terminate_backend($1)", conn.Conn().PgConn().PID()); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for err == nil {
		if time.Now().After(deadline) {
			t.Fatal("the connection is still open")
		}
		_, err = conn.Exec(t.Context(), "SELECT 1")
	}
	if !pg.Unreachable(err) {
		t.Errorf("a terminated connection failed with %v, want an outage", err)
	}
}
