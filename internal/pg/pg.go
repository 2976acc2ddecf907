// Package pg is the access to Postgres that all services share: a pool,
// transactions that pipeline their statements, migrations, and a classification
// of errors.
package pg

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/wakeup"
)

// A service's pool holds four connections for each CPU, but at least minConns, for its
// workers keep some, and at most maxConns. With more of them requests queue inside
// Postgres instead of outside, and take memory. Opening them, with the plans of their
// statements, was a third of what Postgres did in a rush of buyers on two CPUs.
const (
	minConns    = 8
	maxConns    = 16
	connsPerCPU = 4
)

// Option changes a setting of a pool.
type Option func(*pgxpool.Config)

// PlanByValue lets Postgres plan a statement for its values, and scan tables.
// It is for searches, whose best plan depends on the search terms.
func PlanByValue(cfg *pgxpool.Config) {
	for _, setting := range []string{"plan_cache_mode", "enable_seqscan"} {
		delete(cfg.ConnConfig.RuntimeParams, setting)
	}
}

// Open returns a pool on the database at url, once it can be reached. A database
// that is starting is waited for, half a minute at most. The tracer, unless nil,
// observes every statement.
//
// Statements find their rows by keys whatever the values, so each is planned
// once for each connection: planning at each execution was a third of the CPU
// time that a purchase took in Postgres. Such a plan outlives the growth of its
// table, so sequential scans, which are the best for a table that is small now,
// are off.
func Open(ctx context.Context, url string, tracer pgx.QueryTracer, options ...Option) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("database address: %w", err)
	}
	cfg.MaxConns = int32(min(maxConns, max(minConns, connsPerCPU*runtime.GOMAXPROCS(0)))) //nolint:gosec // at most 16
	cfg.ConnConfig.Tracer = tracer
	// An idle connection takes 2-5 MB of Postgres. The health check uses each
	// connection, which restarts its idle time, so its period is longer than that.
	cfg.MaxConnIdleTime, cfg.HealthCheckPeriod = 15*time.Second, 40*time.Second
	cfg.ConnConfig.DialFunc = dialer().DialContext
	maps.Copy(cfg.ConnConfig.RuntimeParams, serverKeepAlive())
	maps.Copy(cfg.ConnConfig.RuntimeParams, map[string]string{
		"timezone":        "UTC",
		"plan_cache_mode": "force_generic_plan",
		"enable_seqscan":  "off",
		"jit":             "off", // compiling takes longer than any of these statements
	})
	for _, option := range options {
		option(cfg)
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := waitUntilReady(ctx, pool); err != nil {
		pool.Close()
		return nil, err
	}
	return pool, nil
}

func waitUntilReady(ctx context.Context, pool *pgxpool.Pool) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		err := pool.Ping(ctx)
		if err == nil {
			return nil
		}
		if !Unreachable(err) { // such as a wrong password
			return fmt.Errorf("database %s: %w", pool.Config().ConnConfig.Database, err)
		}
		if !wakeup.Sleep(ctx, 200*time.Millisecond) {
			return fmt.Errorf("database %s: %w", pool.Config().ConnConfig.Database, err)
		}
	}
}

// retriable reports whether Postgres aborted the transaction because of another
// one: deadlock_detected or serialization_failure.
func retriable(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "40P01" || e.Code == "40001")
}

// IsUnique reports whether err is a violation of the named unique constraint.
func IsUnique(err error, constraint string) bool { return violates(err, "23505", constraint) }

// IsCheck reports whether err is a violation of the named check constraint.
func IsCheck(err error, constraint string) bool { return violates(err, "23514", constraint) }

func violates(err error, code, constraint string) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == code && e.ConstraintName == constraint
}

// ConstraintOf is the name of the constraint that err is a violation of, or its
// message.
func ConstraintOf(err error) string {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return ""
	}
	return cmp.Or(e.ConstraintName, e.Message)
}

// IsUnstorable reports whether a text cannot be stored in Postgres, because it
// has a zero byte or is not UTF-8.
func IsUnstorable(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "22021" || e.Code == "22P05")
}

// Storable is s with a replacement character for what Postgres cannot store in a
// text: invalid UTF-8 and zero bytes.
func Storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// Unreachable reports whether err means that Postgres is down or the connection
// is broken, as opposed to an error in a statement: a retry may succeed.
func Unreachable(err error) bool {
	if err == nil {
		return false
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		// 57P01 to 57P03: it is stopping, has crashed, is starting. 53300: it has no
		// connection left. 08: the connection failed.
		return e.Code == "57P01" || e.Code == "57P02" || e.Code == "57P03" || class(e) == "08" || e.Code == "53300"
	}
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	_, broken := errors.AsType[*net.OpError](err)
	return connecting || broken || errors.Is(err, io.ErrUnexpectedEOF) || pgconn.SafeToRetry(err)
}

// Unavailable reports whether err means that Postgres cannot do its work now,
// whatever the statement: it is unreachable, read-only after a fail-over, out of
// disk, memory or other resources, or cannot read its files.
func Unavailable(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return Unreachable(err)
	}
	switch class(e) {
	case "08", "53", "58", "F0":
		return true
	case "57": // an operator or a shutdown intervened; 57014 is the caller's own cancellation or timeout
		return e.Code != "57014"
	default:
		return e.Code == readOnly
	}
}

// readOnly is the SQLSTATE of a write in a read-only transaction, or on a server
// that follows another.
const readOnly = "25006"

// IsDataFault reports whether Postgres refused a statement because of the values
// in it: they break a constraint or a rule of a function, are out of range, or
// too large. The same values are refused again.
func IsDataFault(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return false
	}
	switch class(e) {
	case "22", "23", "54", "P0":
		return true
	default:
		return e.Code == unexpectedRows
	}
}

// unexpectedRows is raised by the function expect_rows.
const unexpectedRows = "ROWS1"

func class(e *pgconn.PgError) string { return e.Code[:min(2, len(e.Code))] }

// ErrReadOnly is returned by Writable.
var ErrReadOnly = errors.New("the database is read-only")

// Writable returns why the database cannot be written to; nil if it can. After a
// fail-over, connections may lead to a server that only follows: they are closed,
// so that the next ones find the leader.
func Writable(ctx context.Context, pool *pgxpool.Pool) error {
	var only string
	if err := pool.QueryRow(ctx, "SELECT current_setting('transaction_read_only')").Scan(&only); err != nil {
		return err
	}
	if only == "on" {
		pool.Reset()
		return ErrReadOnly
	}
	return nil
}
