//go:build linux

package chaos

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"cartograph/internal/embedded"
)

// TestMain also is the Kafka broker that faults kill: with CHAOS_BROKER_DIR set, the
// test binary runs one there and waits.
func TestMain(m *testing.M) {
	if dir := os.Getenv("CHAOS_BROKER_DIR"); dir != "" {
		if _, err := embedded.StartKafka(dir, os.Getenv("CHAOS_BROKER_ADDR"), nil); err != nil {
			fmt.Fprintln(os.Stderr, "broker:", err)
			os.Exit(1)
		}
		select {}
	}
	os.Exit(run(m))
}

// programs is a folder that lasts for all tests.
var programs string

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "chaos")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	programs = dir
	return m.Run()
}

// enabled skips a test that takes minutes unless it was requested.
func enabled(t *testing.T) {
	t.Helper()
	if os.Getenv("CHAOS") == "" {
		t.Skip("starts twenty processes and takes minutes; make chaos runs it")
	}
}

// number is a whole number of the environment.
func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		t.Fatalf("%s=%q is not a number", name, text)
	}
	return n
}

// seed is that of CHAOS_SEED, else a new one.
func seed(t *testing.T) uint64 {
	t.Helper()
	if n := number(t, "CHAOS_SEED", 0); n > 0 {
		return uint64(n)
	}
	return uint64(rand.Uint32())
}

// Streams of random numbers that one seed gives. Each is independent of how far
// another has been read.
const (
	faultStream = iota
	buyerStream
)

func random(seed, stream uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, stream)) }
