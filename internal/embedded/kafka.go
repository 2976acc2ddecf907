package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"cartograph/internal/embedded/filelock"
)

// Kafka is a broker in this process that stores its records in a folder.
//
// Topics, records, consumer groups' offsets and the sequence numbers of
// idempotent producers are synced to disk before they are acknowledged, so that
// they survive a kill and a power failure.
type Kafka struct {
	cluster *kfake.Cluster
	unlock  func()
	closing sync.Once
}

// StartKafka runs a broker on the loopback address "127.0.0.1:port" with the data
// in dir. For an empty addr it chooses a free port, and prefers the one of the
// folder's last start.
func StartKafka(dir, addr string, log *slog.Logger) (*Kafka, error) {
	k, err := startKafka(dir, addr, log)
	if err != nil {
		return nil, fmt.Errorf("start Kafka: %w", err)
	}
	return k, nil
}

func startKafka(dir, addr string, log *slog.Logger) (*Kafka, error) {
	port, err := loopbackPort(addr)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	unlock, err := filelock.Try(filepath.Join(dir, "lock"))
	switch {
	case errors.Is(err, filelock.ErrHeld):
		return nil, fmt.Errorf("%s is in use by another instance of this program", dir)
	case errors.Is(err, errors.ErrUnsupported):
		unlock = func() {}
	case err != nil:
		return nil, err
	}
	if addr == "" {
		port = freePort(lastKafka(dir))
	}
	cluster, err := kfake.NewCluster(
		kfake.NumBrokers(1),
		kfake.Ports(port),
		kfake.DataDir(filepath.Join(dir, "log")),
		kfake.SyncWrites(),
		kfake.WithLogger(kafkaLog{log}),
		kfake.BrokerConfigs(map[string]string{"log.cleaner.backoff.ms": "300000"}),
	)
	if err != nil {
		unlock()
		return nil, err
	}
	k := &Kafka{cluster: cluster, unlock: unlock}
	_, chosen, _ := net.SplitHostPort(k.Addr())
	if err := os.WriteFile(portFile(dir), []byte(chosen), 0o600); err != nil {
		k.Close()
		return nil, err
	}
	return k, nil
}

// Addr returns the broker's address, "127.0.0.1:port".
func (k *Kafka) Addr() string { return k.cluster.ListenAddrs()[0] }

// Close stops the broker after it has written its state.
func (k *Kafka) Close() {
	k.closing.Do(func() {
		k.cluster.Close()
		k.unlock()
	})
}

// loopbackPort returns the port of an address on this machine.
func loopbackPort(addr string) (int, error) {
	if addr == "" {
		return 0, nil
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return 0, err
	}
	if ip := net.ParseIP(host); host != "localhost" && host != "" && (ip == nil || !ip.IsLoopback()) {
		return 0, fmt.Errorf("%s is not a loopback address, and the broker has no authentication", host)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return 0, fmt.Errorf("port of %s: %w", addr, err)
	}
	return int(n), nil
}

// RunningKafka returns the address of the broker that another process runs with the
// data in dir; false if there is none.
func RunningKafka(ctx context.Context, dir string) (addr string, running bool) {
	port := lastKafka(dir)
	if port == 0 {
		return "", false
	}
	addr = "127.0.0.1:" + strconv.Itoa(port)
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return "", false
	}
	_ = conn.Close()
	return addr, true
}

func portFile(dir string) string { return filepath.Join(dir, "port") }

// lastKafka returns the port of the folder's last start, 0 if there was none.
func lastKafka(dir string) int {
	b, err := os.ReadFile(portFile(dir))
	if err != nil {
		return 0
	}
	port, err := loopbackPort("127.0.0.1:" + strings.TrimSpace(string(b)))
	if err != nil {
		return 0
	}
	return port
}

// freePort returns the port if it is free, else 0.
func freePort(port int) int {
	l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port)) //nolint:noctx // does not block
	if err != nil {
		return 0
	}
	_ = l.Close()
	return port
}

// kafkaLog forwards the broker's warnings and errors.
type kafkaLog struct{ log *slog.Logger }

func (l kafkaLog) Logf(level kfake.LogLevel, format string, args ...any) {
	if l.log == nil || level > kfake.LogLevelWarn || level == kfake.LogLevelNone {
		return
	}
	to := slog.LevelWarn
	if level == kfake.LogLevelError {
		to = slog.LevelError
	}
	l.log.Log(context.Background(), to, "kafka: "+fmt.Sprintf(format, args...))
}
