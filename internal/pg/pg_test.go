package pg_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cartograph/internal/pg"
	"cartograph/internal/pgtest"
	"cartograph/internal/polltest"
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

// What refuses every write is an outage of the database; what refuses these
// values is the fault of whoever sent them.
func TestStatesOfTheDatabaseAreDistinguishedFromFaultsOfTheData(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]struct{ unavailable, data bool }{
		"08006": {true, false}, "53100": {true, false}, "53200": {true, false}, "53300": {true, false},
		"25006": {true, false}, "57P01": {true, false}, "57P03": {true, false}, "58030": {true, false}, "58000": {true, false},
		"57014": {false, false}, "40001": {false, false}, "42P01": {false, false}, "XX000": {false, false}, "": {false, false},
		"22P02": {false, true}, "23505": {false, true}, "54000": {false, true}, "P0001": {false, true}, "ROWS1": {false, true},
	} {
		err := fmt.Errorf("save: %w", &pgconn.PgError{Code: code})
		if pg.Unavailable(err) != want.unavailable || pg.IsDataFault(err) != want.data {
			t.Errorf("SQLSTATE %q: unavailable %t, fault of the data %t, want %+v", code, pg.Unavailable(err), pg.IsDataFault(err), want)
		}
	}
	if !pg.Unavailable(io.ErrUnexpectedEOF) || pg.Unavailable(errors.New("boom")) || pg.IsDataFault(errors.New("boom")) {
		t.Error("errors that are not of Postgres are misjudged")
	}
}

func TestADatabaseThatRefusesWritesIsNotWritable(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t, fstest.MapFS{})
	if err := pg.Writable(t.Context(), pool); err != nil {
		t.Fatalf("Writable = %v at first", err)
	}
	name := pgx.Identifier{pool.Config().ConnConfig.Database}.Sanitize()
	if _, err := pool.Exec(t.Context(), "ALTER DATABASE "+name+" SET default_transaction_read_only = on"); err != nil {
		t.Fatal(err)
	}
	pool.Reset() // the setting is of new sessions
	if err := pg.Writable(t.Context(), pool); !errors.Is(err, pg.ErrReadOnly) {
		t.Errorf("Writable = %v, want %v", err, pg.ErrReadOnly)
	}
	_, err := pool.Exec(t.Context(), "CREATE TABLE t ()")
	if !pg.Unavailable(err) {
		t.Errorf("a write fails with %v, want it unavailable", err)
	}
	err = pgx.BeginTxFunc(t.Context(), pool, pgx.TxOptions{AccessMode: pgx.ReadWrite}, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), "ALTER DATABASE "+name+" RESET default_transaction_read_only")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	// The connections to the server that only followed are closed by the check.
	polltest.Eventually(t, "it is writable again", func() bool { return pg.Writable(t.Context(), pool) == nil })
}
