package embedded_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"cartograph/internal/embedded"
)

// TestMain also is the broker to be killed: with KAFKA_HELPER_DIR set, the
// test binary runs one there and waits.
func TestMain(m *testing.M) {
	if dir := os.Getenv("KAFKA_HELPER_DIR"); dir != "" {
		k, err := embedded.StartKafka(dir, "", nil)
		if err != nil {
			fmt.Println("ERROR", err)
			os.Exit(1)
		}
		fmt.Println("READY", k.Addr())
		select {}
	}
	os.Exit(m.Run())
}

// A producer that received an acknowledgement and goes on after the broker was killed
// finds every record once, groups where they were, and topics as they were set.
func TestKilledBrokerKeepsEverything(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	addr, kill := helper(t, dir)
	ctx := t.Context()
	admin := kadm.NewClient(client(t, addr))
	compact := "compact"
	if _, err := admin.CreateTopic(ctx, 2, 1, map[string]*string{"cleanup.policy": &compact}, "levels"); err != nil {
		t.Fatal(err)
	}
	retention := "1209600000"
	if _, err := admin.CreateTopic(ctx, 1, 1, map[string]*string{"retention.ms": &retention}, "orders"); err != nil {
		t.Fatal(err)
	}
	producer := client(t, addr, kgo.DefaultProduceTopic("orders"), kgo.MetadataMinAge(50*time.Millisecond))
	produce(t, producer, 0, 50)
	offsets := kadm.Offsets{}
	offsets.AddOffset("orders", 0, 20, -1)
	if err := admin.CommitAllOffsets(ctx, "shipping", offsets); err != nil {
		t.Fatal(err)
	}
	kill()

	k := startKafka(t, dir, "")
	if k.Addr() != addr {
		t.Errorf("restarted on %s, want %s again", k.Addr(), addr)
	}
	produce(t, producer, 50, 100) // the same producer, with the sequence it had
	got := consume(t, client(t, addr, kgo.ConsumeTopics("orders"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart())), 100)
	for i, value := range got {
		if value != strconv.Itoa(i) {
			t.Fatalf("record %d = %s, want each once and in order", i, value)
		}
	}
	group, err := admin.FetchOffsets(ctx, "shipping")
	if err != nil {
		t.Fatal(err)
	}
	if o, ok := group.Lookup("orders", 0); !ok || o.At != 20 {
		t.Errorf("the group is at %d, want 20", o.At)
	}
	for topic, want := range map[string][2]string{"levels": {"cleanup.policy", compact}, "orders": {"retention.ms", retention}} {
		configs, err := admin.DescribeTopicConfigs(ctx, topic)
		if err != nil {
			t.Fatal(err)
		}
		if got := setting(configs, want[0]); got != want[1] {
			t.Errorf("%s of %s = %q, want %q", want[0], topic, got, want[1])
		}
	}
}

func TestClosedBrokerKeepsItsRecords(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := startKafka(t, dir, "")
	if _, err := kadm.NewClient(client(t, k.Addr())).CreateTopic(t.Context(), 1, 1, nil, "orders"); err != nil {
		t.Fatal(err)
	}
	producer := client(t, k.Addr(), kgo.DefaultProduceTopic("orders"))
	produce(t, producer, 0, 10)
	k.Close()
	k.Close()
	k = startKafka(t, dir, "127.0.0.1:0")
	consume(t, client(t, k.Addr(), kgo.ConsumeTopics("orders"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart())), 10)
}

func TestSecondBrokerIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := startKafka(t, dir, "")
	for name, start := range map[string]func() (*embedded.Kafka, error){
		"the same folder":  func() (*embedded.Kafka, error) { return embedded.StartKafka(dir, "", nil) },
		"the same address": func() (*embedded.Kafka, error) { return embedded.StartKafka(t.TempDir(), first.Addr(), nil) },
		"not loopback":     func() (*embedded.Kafka, error) { return embedded.StartKafka(t.TempDir(), "192.0.2.1:9092", nil) },
		"no port":          func() (*embedded.Kafka, error) { return embedded.StartKafka(t.TempDir(), "127.0.0.1", nil) },
	} {
		if k, err := start(); err == nil {
			k.Close()
			t.Errorf("%s: a second broker started", name)
		}
	}
}

func TestTakenPortIsReplaced(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := startKafka(t, dir, "")
	addr := first.Addr()
	first.Close()
	startKafka(t, t.TempDir(), addr)
	if again := startKafka(t, dir, ""); again.Addr() == addr {
		t.Errorf("two brokers on %s", addr)
	}
}

func TestARunningBrokerIsFoundByItsFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	find := func() string {
		addr, running := embedded.RunningKafka(t.Context(), dir)
		if running != (addr != "") {
			t.Errorf("found %q, running: %t", addr, running)
		}
		return addr
	}
	if got := find(); got != "" {
		t.Errorf("found %s in an empty folder", got)
	}
	k := startKafka(t, dir, "")
	if got := find(); got != k.Addr() {
		t.Errorf("found %q, want %s", got, k.Addr())
	}
	k.Close()
	if got := find(); got != "" {
		t.Errorf("found %s, which has ended", got)
	}
}

func startKafka(t *testing.T, dir, addr string) *embedded.Kafka {
	t.Helper()
	k, err := embedded.StartKafka(dir, addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Close)
	return k
}

func helper(t *testing.T, dir string) (addr string, kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0]) //nolint:noctx // killed below
	cmd.Env = append(os.Environ(), "KAFKA_HELPER_DIR="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
	t.Cleanup(kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "READY ")
	if err != nil || !ok {
		t.Fatalf("the helper's output is %q, %v", line, err)
	}
	return addr, kill
}

func client(t *testing.T, addr string, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	c, err := kgo.NewClient(append(opts, kgo.SeedBrokers(addr), kgo.RetryTimeout(20*time.Second))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// produce sends the numbers from begin up to end, one after the other.
func produce(t *testing.T, c *kgo.Client, begin, end int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for i := begin; i < end; i++ {
		r := &kgo.Record{Key: []byte("key"), Value: []byte(strconv.Itoa(i))}
		if err := c.ProduceSync(ctx, r).FirstErr(); err != nil {
			t.Fatalf("produce record %d: %v", i, err)
		}
	}
}

func consume(t *testing.T, c *kgo.Client, n int) (values []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for len(values) < n {
		fetches := c.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			t.Fatalf("after %d of %d records: %v", len(values), n, err)
		}
		fetches.EachRecord(func(r *kgo.Record) { values = append(values, string(r.Value)) })
	}
	if len(values) > n {
		t.Fatalf("%d records, want %d", len(values), n)
	}
	return values
}

func setting(configs kadm.ResourceConfigs, name string) string {
	for _, r := range configs {
		for _, c := range r.Configs {
			if c.Key == name {
				return c.MaybeValue()
			}
		}
	}
	return ""
}
