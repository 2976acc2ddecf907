//go:build linux

package chaos

import (
	"context"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"cartograph/app"
	"cartograph/internal/embedded"
)

// shop is a deployment: replicas of every role, and the services that they use.
type shop struct {
	binary   string
	dir      string // of logs
	network  *network
	database *database
	broker   *process
	kafka    string // address of the broker
	redis    *embedded.Redis
	mailbox  *mailbox
	replicas map[string][]*process // by role
	env      []string              // of every role
	url      string                // of the graph
	settings []string              // of the test
}

// stored are the roles with a database of their own.
func stored() []string {
	return slices.Sorted(maps.Keys(app.DatabaseURLs(&app.Config{})))
}

// built are the programs by their build tag, for all tests.
var built = map[string]string{}

// build compiles the program with a build tag, or without one, unless a test before
// has. The tests that need it do not run in parallel.
func build(t *testing.T, tag string) string {
	t.Helper()
	if built[tag] == "" {
		binary := filepath.Join(programs, "cartograph"+tag)
		out, err := exec.CommandContext(t.Context(), "go", "build", "-tags", tag, "-o", binary, "cartograph/cmd/cartograph").CombinedOutput()
		if err != nil {
			t.Fatalf("build: %v\n%s", err, out)
		}
		built[tag] = binary
	}
	return built[tag]
}

// open starts a shop with so many replicas of each role; settings are those that
// differ from a demo's.
func open(t *testing.T, binary string, replicas int, settings ...string) *shop {
	t.Helper()
	s := &shop{binary: binary, dir: logs(t), network: newNetwork(), replicas: map[string][]*process{}, settings: settings}
	s.startServices(t)
	s.address(t, replicas)
	for n := range replicas { // the first replica of each role fills its database
		for _, role := range app.Names() {
			if err := s.replicas[role][n].start(); err != nil {
				t.Fatal(err)
			}
		}
		for _, role := range app.Names() {
			if err := s.replicas[role][n].await(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	return s
}

// logs is the folder of what processes log: that of CHAOS_LOGS, else a temporary one.
func logs(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("CHAOS_LOGS")
	if dir == "" {
		return t.TempDir()
	}
	dir = filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "-"))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// startServices starts Postgres, Kafka, Redis and a mail server.
func (s *shop) startServices(t *testing.T) {
	t.Helper()
	var names []string
	for _, role := range stored() {
		names = append(names, databaseOf(role))
	}
	s.database = startDatabase(t, names)
	s.broker = s.newBroker(t)
	if err := s.broker.start(); err != nil {
		t.Fatal(err)
	}
	if err := s.broker.await(t.Context()); err != nil {
		t.Fatal(err)
	}
	var err error
	if s.redis, err = embedded.StartRedis(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.redis.Close)
	var smtp string
	s.mailbox, smtp = startMailbox(t)
	s.env = append(s.env,
		"REDIS_URL=redis://"+s.network.link(t, "redis", s.redis.Addr()),
		"SMTP_URL=smtp://"+s.network.link(t, "mail", smtp))
}

func databaseOf(role string) string { return "cartograph_" + role }

// address gives every role its addresses: those that replicas listen on, and the link
// to all of them.
func (s *shop) address(t *testing.T, replicas int) {
	t.Helper()
	postgres := s.network.link(t, "postgres", s.database.address())
	s.database.link = s.network.links["postgres"]
	for _, role := range stored() {
		s.env = append(s.env, strings.ToUpper(role)+"_DATABASE_URL="+s.database.url(postgres, databaseOf(role)))
	}
	s.env = append(s.env, "SEARCHINDEX_DATABASE_URL="+s.database.url(postgres, databaseOf("product")))
	for _, role := range app.Names() {
		var backends []string
		for n := range replicas {
			backends = append(backends, fixedAddress(t))
			s.replicas[role] = append(s.replicas[role], s.newReplica(t, role, n, backends[n]))
		}
		to := "http://" + s.network.link(t, role, backends...)
		switch role {
		case "router":
			s.url = to + "/graphql"
			s.env = append(s.env, "ROUTER_PUBLIC_URL="+to)
		case "gatewaysim":
			s.env = append(s.env, "PAYMENT_GATEWAY_URL="+to, "GATEWAYSIM_PUBLIC_URL="+to)
		case "notification", "searchindex": // are not called
		case "payment":
			s.env = append(s.env, "PAYMENT_URL="+to, "GATEWAYSIM_WEBHOOK_URL="+to+"/webhooks/gateway")
		default:
			s.env = append(s.env, strings.ToUpper(role)+"_URL="+to)
		}
	}
	s.env = append(s.env, "DEMO=true", "LOG_LEVEL=info", "KAFKA_BROKERS="+s.kafka, "INTERNAL_TOKEN_SECRET="+strings.Repeat("c", 64),
		"GATEWAYSIM_SLOW=3s")
	s.env = append(s.env, s.settings...)
}

// nextPort is where the search for a free port goes on.
var nextPort atomic.Uint32

// fixedAddress is an address to listen on, again and again. Its port is not one that
// the system gives to connections, or one of those could have it after a restart.
func fixedAddress(t *testing.T) string {
	t.Helper()
	const first, last = 10_000, 32_000
	nextPort.CompareAndSwap(0, uint32(first+os.Getpid()%(last-first)))
	for range last - first {
		port := first + (nextPort.Add(1)-first)%(last-first)
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			_ = l.Close()
			return address(l)
		}
	}
	t.Fatal("no port is free")
	return ""
}

// newReplica makes the process of a role's replica.
func (s *shop) newReplica(t *testing.T, role string, n int, address string) *process {
	t.Helper()
	return newProcess(t, s.dir, fmt.Sprintf("%s-%d", role, n), serves(address), func() *exec.Cmd {
		cmd := exec.Command(s.binary, role)
		cmd.Env = append(os.Environ(), s.env...)
		cmd.Env = append(cmd.Env, fmt.Sprintf("INSTANCE=%d", n), strings.ToUpper(role)+"_LISTEN="+address)
		return cmd
	})
}

// newBroker makes the process of Kafka, the embedded one unless CHAOS_KAFKA=real.
func (s *shop) newBroker(t *testing.T) *process {
	t.Helper()
	if realKafka() {
		return s.newRealBroker(t)
	}
	dir := t.TempDir()
	s.kafka = fixedAddress(t)
	return newProcess(t, s.dir, "kafka", responds(s.kafka), func() *exec.Cmd {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "CHAOS_BROKER_DIR="+dir, "CHAOS_BROKER_ADDR="+s.kafka)
		return cmd
	})
}

// check runs `cartograph check` and returns what it prints.
func (s *shop) check(ctx context.Context, grace string) (string, error) {
	cmd := exec.CommandContext(ctx, s.binary, "check", "--grace", grace)
	cmd.Env = append(os.Environ(), s.env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// query reads rows of a role's database.
func query[T any](t *testing.T, s *shop, role string, scan pgx.RowToFunc[T], sql string, args ...any) []T {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.database.url(s.database.address(), databaseOf(role)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	rows, err := conn.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, scan)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
