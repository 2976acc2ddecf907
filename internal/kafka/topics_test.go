package kafka_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"cartograph/internal/event"
	"cartograph/internal/kafka"
	"cartograph/internal/pgtest"
)

// A layout is the configuration of a topic at its broker.
type layout struct {
	partitions        int
	policy, retention string
}

func layouts(t *testing.T, brokers []string) map[string]layout {
	t.Helper()
	admin := kadm.NewClient(connect(t, brokers))
	topics, err := admin.ListTopics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	described, err := admin.DescribeTopicConfigs(t.Context(), topics.Names()...)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]layout{}
	for _, d := range described {
		l := layout{partitions: len(topics[d.Name].Partitions)}
		for _, c := range d.Configs {
			switch c.Key {
			case "cleanup.policy":
				l.policy = c.MaybeValue()
			case "retention.ms":
				l.retention = c.MaybeValue()
			}
		}
		found[d.Name] = l
	}
	return found
}

func emptyCluster(t *testing.T) (brokers []string) {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	return cluster.ListenAddrs()
}

// connect returns a new client: a used one caches for a while which topics there
// are.
func connect(t *testing.T, brokers []string, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	client, err := kafka.NewClient(brokers, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func createTopics(t *testing.T, brokers []string, topics ...event.TopicConfig) (reported string) {
	t.Helper()
	var log bytes.Buffer
	if err := kafka.CreateTopics(t.Context(), connect(t, brokers), 1, slog.New(slog.NewTextHandler(&log, nil)), topics...); err != nil {
		t.Fatal(err)
	}
	return log.String()
}

func TestTopicsAreCreatedAsDeclaredAndOnce(t *testing.T) {
	t.Parallel()
	brokers := emptyCluster(t)
	for _, run := range []string{"first", "second"} {
		if reported := createTopics(t, brokers, event.Topics()...); reported != "" {
			t.Errorf("the %s run reported %s", run, reported)
		}
		found := layouts(t, brokers)
		if len(found) != len(event.Topics()) {
			t.Errorf("after the %s run there are %d topics, want %d", run, len(found), len(event.Topics()))
		}
		for _, declared := range event.Topics() {
			want := layout{int(declared.Partitions), "delete", "1209600000"}
			got := found[string(declared.Topic)]
			if declared.Topic == event.Logs {
				want.retention = "86400000"
			}
			if declared.Compacted {
				want.policy, want.retention, got.retention = "compact", "", ""
			}
			if got != want {
				t.Errorf("after the %s run %s is %+v, want %+v", run, declared.Topic, got, want)
			}
		}
	}
}

func TestATopicThatDiffersIsLoggedAndLeftAlone(t *testing.T) {
	t.Parallel()
	brokers := emptyCluster(t)
	createTopics(t, brokers,
		event.TopicConfig{Topic: event.Orders, Partitions: 3},
		event.TopicConfig{Topic: event.InventoryLevels, Partitions: 6},
		event.TopicConfig{Topic: event.Users, Partitions: 6})
	before := layouts(t, brokers)
	declared := []event.TopicConfig{
		{Topic: event.Orders, Partitions: 12},
		{Topic: event.InventoryLevels, Partitions: 6, Compacted: true},
		{Topic: event.Users, Partitions: 6},
	}
	reported := createTopics(t, brokers, declared...)
	for _, want := range []string{
		"topic=order.events.v1 partitions=3 declared=12",
		"topic=inventory.levels.v1 cleanup.policy=delete declared=compact",
	} {
		if !strings.Contains(reported, want) {
			t.Errorf("reported %q, want %s", reported, want)
		}
	}
	if strings.Contains(reported, string(event.Users)) {
		t.Errorf("reported %q, though %s is as declared", reported, event.Users)
	}
	if diff := cmp.Diff(before, layouts(t, brokers), cmp.AllowUnexported(layout{})); diff != "" {
		t.Errorf("topics (-before +after):\n%s", diff)
	}
}

// A topic that the broker created automatically has the broker's settings.
func TestATopicWithoutSettingsIsNotTakenForCompacted(t *testing.T) {
	t.Parallel()
	brokers := emptyCluster(t)
	if _, err := kadm.NewClient(connect(t, brokers)).CreateTopic(t.Context(), 6, 1, nil, string(event.InventoryLevels)); err != nil {
		t.Fatal(err)
	}
	reported := createTopics(t, brokers, event.TopicConfig{Topic: event.InventoryLevels, Partitions: 6, Compacted: true})
	if !strings.Contains(reported, "cleanup.policy=delete declared=compact") {
		t.Errorf("reported %q, want that levels would be deleted", reported)
	}
}

// Records that a consumer could not handle need a topic that keeps them longer
// than brokers do by default, before the first one is written.
func TestAConsumerCreatesItsDeadLetterTopics(t *testing.T) {
	t.Parallel()
	brokers, pool := newCluster(t), pgtest.New(t, fstest.MapFS{})
	produce(t, brokers, "chk_1", expired(t, "chk_1"))
	topics := []event.Topic{event.Payments, event.Orders}
	consume(t, kafka.Consumer{Brokers: brokers, Pool: pool, Topics: topics}, 1, func(context.Context, event.Envelope) error { return nil })
	found, want := layouts(t, brokers), layout{1, "delete", "2592000000"} // 30 days
	for _, name := range []string{"payment.events.v1.order.dlq", "order.events.v1.order.dlq"} {
		if found[name] != want {
			t.Errorf("%s is %+v, want %+v", name, found[name], want)
		}
	}
}

func TestATopicThatTheBrokerRefusesIsAnError(t *testing.T) {
	t.Parallel()
	brokers := emptyCluster(t) // of one broker
	const replication = 3
	err := kafka.CreateTopics(t.Context(), connect(t, brokers), replication, quiet, event.TopicConfig{Topic: event.Orders, Partitions: 1})
	if err == nil || !strings.Contains(err.Error(), string(event.Orders)) {
		t.Errorf("CreateTopics = %v, want an error that names the topic", err)
	}
}

// On the first start of a fresh broker all roles create topics at once.
func TestTopicsAreCreatedInOneRequestByWhoeverIsFirst(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	var requests atomic.Int64
	cluster.ControlKey(kmsg.CreateTopics.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		requests.Add(1)
		return nil, nil, false
	})
	createTopics(t, cluster.ListenAddrs(), event.Topics()...)
	if n := requests.Load(); n != 1 {
		t.Errorf("%d requests created %d topics, want one", n, len(event.Topics()))
	}

	brokers := emptyCluster(t)
	var wg sync.WaitGroup
	for range 8 {
		client := connect(t, brokers)
		wg.Go(func() {
			if err := kafka.CreateTopics(t.Context(), client, 1, quiet, event.Topics()...); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if found := layouts(t, brokers); len(found) != len(event.Topics()) {
		t.Errorf("there are %d topics, want %d", len(found), len(event.Topics()))
	}
}

// A topic exists for a moment before its partitions have leaders.
func TestNewTopicsAreWaitedForUntilTheyHaveLeaders(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	var created atomic.Bool
	cluster.ControlKey(kmsg.CreateTopics.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
		created.Store(true)
		return nil, nil, false
	})
	var refused atomic.Int64
	cluster.ControlKey(kmsg.Metadata.Int16(), func(r kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		if !created.Load() || refused.Load() == 3 {
			return nil, nil, false
		}
		refused.Add(1)
		response := r.ResponseKind().(*kmsg.MetadataResponse)
		for _, requested := range r.(*kmsg.MetadataRequest).Topics {
			topic := kmsg.NewMetadataResponseTopic()
			topic.Topic, topic.ErrorCode = requested.Topic, kerr.LeaderNotAvailable.Code
			response.Topics = append(response.Topics, topic)
		}
		return response, nil, true
	})
	reported := createTopics(t, cluster.ListenAddrs(), event.Topics()...)
	if refused.Load() != 3 || strings.Count(reported, "waiting for topic metadata") != 1 {
		t.Errorf("after %d answers without leaders it reported %q, want that it waits, once", refused.Load(), reported)
	}
}
