//go:build linux

package chaos

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"cartograph/internal/embedded/postgres"
	"cartograph/internal/kafka"
)

// A kill leaves to the kernel what was written, so it cannot show what a power
// failure would lose. These tests count the calls that wait for the disk instead:
// one at least must end before each acknowledgement.

// synced traces a process and its threads and children while fn runs, and returns
// the path of each file that was synced.
func synced(t *testing.T, pid int, fn func()) []string {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("needs strace")
	}
	out := filepath.Join(t.TempDir(), "calls")
	cmd := exec.Command(strace, "-f", "-y", "-e", "trace=fsync,fdatasync", "-o", out, "-p", strconv.Itoa(pid))
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// It prints a line once it has attached to all threads.
	if line, err := bufio.NewReader(stderr).ReadString('\n'); err != nil || !strings.Contains(line, "attached") {
		_ = cmd.Wait()
		t.Skipf("strace may not trace here: %s", line)
	}
	fn()
	_ = cmd.Process.Signal(os.Interrupt)
	_ = cmd.Wait() // interrupted: says so
	calls, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, call := range regexp.MustCompile(`f(?:data)?sync\([0-9]+<([^>]*)>`).FindAllStringSubmatch(string(calls), -1) {
		paths = append(paths, call[1])
	}
	return paths
}

// count is how many of the paths contain a text.
func count(paths []string, text string) (n int) {
	for _, path := range paths {
		if strings.Contains(path, text) {
			n++
		}
	}
	return n
}

func TestPostgresSyncsWhatItAcknowledges(t *testing.T) {
	t.Parallel()
	cluster, err := postgres.Start(t.Context(), postgres.Config{Dir: filepath.Join(folder(t), "postgres"), Databases: []string{"shop"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	const commits = 20
	var settings [3]string
	paths := synced(t, cluster.Pid(), func() { // the session's process is a child of the traced one
		conn, err := pgx.Connect(t.Context(), cluster.URL("shop"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close(t.Context()) }()
		for i, name := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
			if err := conn.QueryRow(t.Context(), "SHOW "+name).Scan(&settings[i]); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := conn.Exec(t.Context(), "CREATE TABLE mugs (n int)"); err != nil {
			t.Fatal(err)
		}
		for n := range commits {
			if _, err := conn.Exec(t.Context(), "INSERT INTO mugs VALUES ($1)", n); err != nil {
				t.Fatal(err)
			}
		}
	})
	if settings != [3]string{"on", "on", "on"} {
		t.Errorf("fsync, synchronous_commit and full_page_writes are %v, want them on", settings)
	}
	if n := count(paths, "/pg_wal/"); n < commits {
		t.Errorf("%d syncs of the write-ahead log for %d commits, want one each at least", n, commits)
	}
}

func TestKafkaSyncsWhatItAcknowledges(t *testing.T) {
	t.Parallel()
	if realKafka() {
		t.Skip("Apache Kafka leaves syncing to the kernel, and is made for several brokers")
	}
	s := &shop{dir: t.TempDir()}
	broker := s.newBroker(t)
	if err := broker.start(); err != nil {
		t.Fatal(err)
	}
	if err := broker.await(t.Context()); err != nil {
		t.Fatal(err)
	}
	client, err := kafka.NewClient([]string{s.kafka})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	admin := kadm.NewClient(client)
	const records, commits = 20, 5
	paths := synced(t, broker.pid(), func() {
		if _, err := admin.CreateTopic(t.Context(), 1, 1, nil, "orders"); err != nil {
			t.Fatal(err)
		}
		for n := range records {
			if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: "orders", Value: []byte(strconv.Itoa(n))}).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
		for n := range commits {
			offsets := kadm.Offsets{}
			offsets.AddOffset("orders", 0, int64(n), -1)
			if err := admin.CommitAllOffsets(t.Context(), "shipping", offsets); err != nil {
				t.Fatal(err)
			}
		}
	})
	if n := count(paths, "orders"); n < records {
		t.Errorf("%d syncs of the topic for %d records, want one each at least: %v", n, records, paths)
	}
	if n := count(paths, "groups"); n < commits {
		t.Errorf("%d syncs of groups for %d commits of offsets, want one each at least: %v", n, commits, paths)
	}
}
