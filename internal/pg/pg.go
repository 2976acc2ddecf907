// Package pg is what every service needs of Postgres: a pool, one way to run
// a transaction, migrations, and names for the errors that matter.
package pg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Conns is how many connections a service's pool holds at most. More only
// queue inside Postgres instead of outside.
const Conns = 16

// Open returns a pool on the database at url, once it answers. A database
// that is still starting is waited for, half a minute at most. A tracer, if
// there is one, sees every statement.
func Open(ctx context.Context, url string, tracer pgx.QueryTracer) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("database address: %w", err)
	}
	cfg.MaxConns = Conns
	cfg.ConnConfig.Tracer = tracer
	cfg.MaxConnIdleTime = time.Minute
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
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

// InTx runs fn in a transaction that commits if fn returns nil. A transaction
// that Postgres broke off to end a deadlock or a serialisation conflict did
// nothing, and is run again, a few times.
func InTx(ctx context.Context, pool *pgxpool.Pool, fn func(pgx.Tx) error) error {
	const attempts = 4
	var err error
	for range attempts {
		if err = pgx.BeginFunc(ctx, pool, fn); !retriable(err) {
			return err
		}
	}
	return err
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
