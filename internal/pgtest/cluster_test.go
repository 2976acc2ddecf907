package pgtest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"cartograph/internal/embedded/postgres"
)

// folder is a directory for a cluster of this test, which any user may enter.
func folder(t *testing.T) string {
	t.Helper()
	parent := t.TempDir()
	dir := filepath.Join(parent, "cluster")
	t.Cleanup(func() {
		if c, err := postgres.Attach(dir); err == nil {
			if err := c.Stop(); err != nil {
				t.Error(err)
			}
		}
	})
	for _, d := range []string{parent, filepath.Dir(parent)} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func (s *server) release(ctx context.Context) error {
	s.admin.Close()
	return s.lease.Close(ctx)
}

func TestAnIdleClusterStops(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	s, err := shared(t.Context(), dir, 200*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	// Ten times the limit, but in use.
	if _, err := s.lease.Exec(t.Context(), "SELECT pg_sleep(2)"); err != nil {
		t.Fatalf("the cluster ended under its user: %v", err)
	}
	if err := s.release(t.Context()); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(20 * time.Second)
	for {
		if _, err := postgres.Attach(dir); err != nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the cluster still runs, unused, after 20 s")
		}
		time.Sleep(poll) // nothing to wait on: it is nobody's child
	}
	s, err = shared(t.Context(), dir, time.Minute)
	if err != nil {
		t.Fatalf("start it again: %v", err)
	}
	if err := s.release(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestProgramsShareOneCluster(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	var mu sync.Mutex
	urls := map[string]bool{}
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			s, err := shared(t.Context(), dir, time.Minute)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			urls[s.url("x")] = true
			mu.Unlock()
			if err := s.release(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(urls) != 1 {
		t.Errorf("%d clusters, want 1: %v", len(urls), urls)
	}
}

func TestDatabasesOfKilledProgramsAreDropped(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	killed, err := shared(t.Context(), dir, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	blank := template{name: "template0"}
	left, err := killed.clone(t.Context(), blank)
	if err != nil {
		t.Fatal(err)
	}
	alive, err := shared(t.Context(), dir, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = alive.release(context.WithoutCancel(t.Context())) }()
	if !exists(t, alive, left) {
		t.Fatal("a database in use was dropped")
	}
	if err := killed.release(t.Context()); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(20 * time.Second)
	for exists(t, alive, left) { // the server notices the end in its own time
		if err := alive.cleanUp(t.Context(), alive.lease); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatalf("database %s is still there", left)
		}
	}
}

func exists(t *testing.T, s *server, name string) (yes bool) {
	t.Helper()
	if err := s.admin.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&yes); err != nil {
		t.Fatal(err)
	}
	return yes
}

// The directory may be deleted while the cluster runs, as temporary ones are.
func TestADeletedDirectoryIsReplaced(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	s, err := shared(t.Context(), dir, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	c, err := postgres.Attach(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(dir, dir+".away"); err != nil {
		t.Fatal(err)
	}
	again, err := shared(t.Context(), dir, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if again.url("x") == s.url("x") {
		t.Error("found a cluster in a folder that is gone")
	}
	if err := errors.Join(again.release(t.Context()), s.release(t.Context())); err != nil {
		t.Error(err)
	}
	if err := os.Rename(dir, dir+".new"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(dir+".away", dir); err != nil {
		t.Fatal(err)
	}
	if err := c.Stop(); err != nil {
		t.Error(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(dir+".new", dir); err != nil {
		t.Fatal(err)
	}
}

// The next program starts the idle check again.
func TestAnIdleCheckThatEndedIsStartedAgain(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	first, err := shared(t.Context(), dir, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = first.release(context.WithoutCancel(t.Context())) }()
	const end = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = $1"
	if _, err := first.lease.Exec(t.Context(), end, watchName); err != nil {
		t.Fatal(err)
	}
	if watched, err := first.watched(t.Context()); err != nil || watched {
		t.Fatalf("watched: %v, %v, want the session gone", watched, err)
	}
	second, err := shared(t.Context(), dir, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if watched, err := second.watched(t.Context()); err != nil || !watched {
		t.Errorf("watched: %v, %v, want a new session", watched, err)
	}
	if err := second.release(t.Context()); err != nil {
		t.Error(err)
	}
}
