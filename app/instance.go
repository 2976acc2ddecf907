package app

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/wakeup"
)

// ordinal is the number at the end of the name of a StatefulSet's pod, or of a
// scaled container.
var ordinal = regexp.MustCompile(`-([0-9]+)$`)

// instanceName names a replica among those of its role: as configured, else by
// the ordinal of its hostname, else by the hostname. A container's hostname is
// unique and survives its restart, which is what a static member of a consumer
// group needs.
func instanceName(configured, hostname string) string {
	if configured != "" {
		return configured
	}
	if match := ordinal.FindStringSubmatch(hostname); match != nil {
		return match[1]
	}
	return cmp.Or(hostname, "0")
}

const (
	// claimTimeout is how long a replica waits for the name of one that was
	// killed: its connection may live on for a moment.
	claimTimeout = 10 * time.Second
	claimEvery   = 100 * time.Millisecond
)

// claimInstance makes sure that no other replica of the role has the instance's
// name: Kafka would give it this one's partitions, and shut this one out. The
// name is locked in the role's database until release is called.
func claimInstance(ctx context.Context, pool *pgxpool.Pool, role, instance string, timeout time.Duration) (release func(), err error) {
	pooled, err := pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	conn := pooled.Hijack() // the session has the lock for as long as the role runs
	release = func() { _ = conn.Close(context.WithoutCancel(ctx)) }
	if err := lockInstance(ctx, conn, role, instance, timeout); err != nil {
		release()
		return nil, err
	}
	return release, nil
}

func lockInstance(ctx context.Context, conn *pgx.Conn, role, instance string, timeout time.Duration) error {
	for began := time.Now(); ; {
		var locked bool
		err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock(hashtext('instance of ' || $1), hashtext($2))", role, instance).Scan(&locked)
		if err != nil || locked {
			return err
		}
		if time.Since(began) > timeout {
			return fmt.Errorf("another replica of %s runs as INSTANCE %s: each needs a name of its own; without INSTANCE it is taken from the hostname", role, instance)
		}
		if !wakeup.Sleep(ctx, claimEvery) {
			return ctx.Err()
		}
	}
}
