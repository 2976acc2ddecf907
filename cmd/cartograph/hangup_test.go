//go:build unix

package main

import (
	"context"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"cartograph/app"
	"cartograph/internal/polltest"
)

// TestAHangupReloadsTheRoutersFiles changes the supergraph of a router that does
// not watch its files.
func TestAHangupReloadsTheRoutersFiles(t *testing.T) {
	caught := make(chan os.Signal, 1) // the signal must not end this process
	signal.Notify(caught, syscall.SIGHUP)
	defer signal.Stop(caught)
	dir := t.TempDir()
	filesOf(t, dir, "router.txtar")
	file := filepath.Join(dir, "supergraph.graphql")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	t.Setenv("ROUTER_WATCH", "0s")
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := app.Main(ctx, []string{"router", "--supergraph", file, "--listen", address}, io.Discard, io.Discard); err != nil {
			t.Error(err)
		}
	})
	defer wg.Wait()
	defer stop()
	query := []byte(`{"query":"{ __type(name: \"Query\") { fields { name } } }"}`)
	if got := post(t, "http://"+address+"/graphql", query); !strings.Contains(got, `"top"`) {
		t.Fatalf("before: %s", got)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(before), "top: String", "bottom: String", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	polltest.Eventually(t, "the new graph is served", func() bool {
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		return strings.Contains(post(t, "http://"+address+"/graphql", query), `"bottom"`)
	})
}
