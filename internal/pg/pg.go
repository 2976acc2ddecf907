// Package pg is what every service needs of Postgres: a pool, one way to run
// a transaction, migrations, and names for the errors that matter.
package pg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Conns is how many connections a service's pool holds at most. More only
// queue inside Postgres instead of outside.
const Conns = 16

// Option says how a pool differs from what most services need.
type Option func(*pgxpool.Config)

// PlanByValue leaves it to Postgres how often it plans a statement, and how it
// reads. It is for those who search: what is best depends on what is looked
// for.
func PlanByValue(cfg *pgxpool.Config) {
	for _, setting := range []string{"plan_cache_mode", "enable_seqscan"} {
		delete(cfg.ConnConfig.RuntimeParams, setting)
	}
}

// Open returns a pool on the database at url, once it answers. A database
// that is still starting is waited for, half a minute at most. A tracer, if
// there is one, sees every statement.
//
// Statements reach their rows by keys, whatever the values, so that each is
// planned once for each connection: planning them again and again was a third
// of what a purchase cost Postgres. Such a plan is kept while its table grows,
// and must not scan it all because it was small once.
func Open(ctx context.Context, url string, tracer pgx.QueryTracer, options ...Option) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("database address: %w", err)
	}
	cfg.MaxConns = Conns
	cfg.ConnConfig.Tracer = tracer
	// An idle connection costs Postgres 2-5 MB. A look at them makes the pool use
	// each of them once more, so looks are further apart than idling is long.
	cfg.MaxConnIdleTime, cfg.HealthCheckPeriod = 15*time.Second, 40*time.Second
	maps.Copy(cfg.ConnConfig.RuntimeParams, map[string]string{
		"timezone":        "UTC",
		"plan_cache_mode": "force_generic_plan",
		"enable_seqscan":  "off",
		"jit":             "off", // compiling takes longer than anything we ask
	})
	for _, option := range options {
		option(cfg)
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := awaitAnswer(ctx, pool); err != nil {
		pool.Close()
		return nil, err
	}
	return pool, nil
}

func awaitAnswer(ctx context.Context, pool *pgxpool.Pool) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		err := pool.Ping(ctx)
		if err == nil {
			return nil
		}
		if !Unreachable(err) { // a wrong password does not mend itself
			return fmt.Errorf("database %s: %w", pool.Config().ConnConfig.Database, err)
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("database %s: %w", pool.Config().ConnConfig.Database, err)
		}
	}
}

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

// IsUnstorable reports whether err says that a text given to Postgres holds
// what none can: a zero byte, or what is not UTF-8.
func IsUnstorable(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "22021" || e.Code == "22P05")
}

// Unreachable reports whether err says that Postgres could not be asked, as
// opposed to Postgres saying no.
func Unreachable(err error) bool {
	if err == nil {
		return false
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		// 57P01 to 57P03: it is stopping, has crashed, is starting.
		return e.Code == "57P01" || e.Code == "57P02" || e.Code == "57P03" || e.Code[:2] == "08" || e.Code == "53300"
	}
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	_, broken := errors.AsType[*net.OpError](err)
	return connecting || broken || errors.Is(err, io.ErrUnexpectedEOF) || pgconn.SafeToRetry(err)
}
