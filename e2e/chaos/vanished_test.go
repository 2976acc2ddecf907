//go:build linux

package chaos

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/embedded/postgres"
	"cartograph/internal/pg"
)

// TestAVanishedMachineHoldsNoLocks takes the network away from under a connection to
// Postgres, so that neither end hears of the other. It does so in a network namespace
// of its own, which the test's second process has.
func TestAVanishedMachineHoldsNoLocks(t *testing.T) {
	enabled(t)
	if os.Getenv("CHAOS_NAMESPACE") != "" {
		vanish(t)
		return
	}
	if err := exec.CommandContext(t.Context(), "unshare", "--net", "ip", "link", "set", "lo", "up").Run(); err != nil {
		t.Skipf("needs root, unshare and ip: %v", err)
	}
	cmd := exec.CommandContext(t.Context(), "unshare", "--net", os.Args[0], "-test.v", "-test.run", "^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), "CHAOS_NAMESPACE=1")
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Error(err)
	}
}

// loopback turns the only network of the namespace on or off.
func loopback(t *testing.T, state string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "ip", "link", "set", "lo", state).CombinedOutput(); err != nil {
		t.Fatalf("lo %s: %v, %s", state, err, out)
	}
}

func vanish(t *testing.T) {
	loopback(t, "up")
	cluster, err := postgres.Start(t.Context(), postgres.Config{Dir: filepath.Join(folder(t), "postgres"), Databases: []string{"shop"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	lost := connectTo(t, cluster)
	holder, err := lost.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := holder.Exec(t.Context(), "SELECT pg_advisory_lock(1)"); err != nil {
		t.Fatal(err)
	}
	loopback(t, "down")
	const limit = 40 * time.Second
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	_, err = holder.Exec(ctx, "SELECT 1")
	if err == nil || ctx.Err() != nil {
		t.Errorf("a statement to a server that has vanished returns %v after %s", err, time.Since(began).Round(time.Second))
	}
	time.Sleep(limit - time.Since(began)) // the server has as long to notice; nothing can be asked meanwhile
	loopback(t, "up")
	var free bool
	if err := connectTo(t, cluster).QueryRow(t.Context(), "SELECT pg_try_advisory_lock(1)").Scan(&free); err != nil || !free {
		t.Errorf("the lock of a client that has vanished is free: %t, %v", free, err)
	}
	holder.Release()
}

func connectTo(t *testing.T, cluster *postgres.Cluster) *pgxpool.Pool {
	t.Helper()
	pool, err := pg.Open(t.Context(), cluster.URL("shop"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}
