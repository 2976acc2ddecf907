//go:build linux

package chaos

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"cartograph/internal/embedded/postgres"
)

// database is a Postgres cluster that faults stop, on a disk that faults fill.
type database struct {
	dir   string
	small bool // the disk is of a few hundred megabytes, and may be filled

	mu      sync.Mutex
	cluster *postgres.Cluster
	link    *link
}

// diskSize is enough for the databases of all roles and the largest write-ahead log.
const diskSize = "size=640m,mode=755"

// startDatabase runs a cluster on a disk in memory, else in an ordinary folder.
func startDatabase(t *testing.T, names []string) *database {
	t.Helper()
	d := &database{dir: filepath.Join(folder(t), "disk")}
	if err := os.Mkdir(d.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", d.dir, "tmpfs", 0, diskSize); err == nil {
		d.small = true
		t.Cleanup(func() {
			if err := syscall.Unmount(d.dir, 0); err != nil {
				t.Errorf("unmount the disk: %v", err)
			}
		})
	} else {
		t.Logf("no disk is filled: mounting one in memory: %v", err)
	}
	var err error
	if d.cluster, err = postgres.Start(t.Context(), d.config(names...)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// folder is a directory that any user may enter, since Postgres does not run as root.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func (d *database) config(names ...string) postgres.Config {
	return postgres.Config{Dir: filepath.Join(d.dir, "postgres"), Databases: names, MaxConnections: 450}
}

// url is that of a database at an address.
func (d *database) url(address, name string) string {
	direct := d.cluster.URL(name)
	return strings.Replace(direct, d.address(), address, 1)
}

func (d *database) address() string { return fmt.Sprintf("127.0.0.1:%d", d.cluster.Port()) }

// abort ends Postgres as a crash does: nothing is written any more, and clients are
// disconnected. It may have ended by itself.
func (d *database) abort() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	_ = syscall.Kill(d.cluster.Pid(), syscall.SIGQUIT) // an error means that it has exited
	<-d.cluster.Done()
	return d.cluster.Stop() // releases the folder
}

// recover starts Postgres after abort.
func (d *database) recover(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	cluster, err := postgres.Start(ctx, d.config())
	if err != nil {
		return err
	}
	d.cluster = cluster
	d.link.to.point(d.address())
	return nil
}

// fill takes all that is left of the disk.
func (d *database) fill() error {
	file, err := os.Create(d.ballast())
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	zeros := make([]byte, 1<<20)
	for len(zeros) > 0 {
		if _, err := file.Write(zeros); errors.Is(err, syscall.ENOSPC) {
			zeros = zeros[:len(zeros)/2] // down to the last page
		} else if err != nil {
			return err
		}
	}
	return nil
}

func (d *database) ballast() string { return filepath.Join(d.dir, "ballast") }

// free gives the disk's space back. Postgres may have ended, since it cannot recover
// from a crash without a disk; then it is started.
func (d *database) free(ctx context.Context) error {
	if err := os.Remove(d.ballast()); err != nil {
		return err
	}
	select {
	case <-d.cluster.Done():
		return errors.Join(d.abort(), d.recover(ctx)) //nolint:contextcheck // a stop has no context
	default:
		return nil
	}
}
