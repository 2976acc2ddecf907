package kafka_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"cartograph/internal/event"
	"cartograph/internal/kafka"
	"cartograph/internal/pgtest"
	"cartograph/internal/polltest"
)

// A broker that is slower than the interval gets one commit at a time, and none of what
// it has committed meanwhile.
func TestCommitsDoNotQueueUp(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	brokers, pool := cluster.ListenAddrs(), pgtest.New(t, fstest.MapFS{})
	createTopics(t, brokers, event.Topics()...)
	produce(t, brokers, "chk_1", expired(t, "chk_1"))

	var commits atomic.Int32
	answer := make(chan struct{})
	cluster.ControlKey(int16(kmsg.OffsetCommit), func(kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		commits.Add(1)
		cluster.SleepControl(func() { <-answer })
		return nil, nil, false
	})
	const interval, intervals = 100 * time.Millisecond, 8
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	c := kafka.Consumer{
		Brokers: brokers, Group: "order", Instance: "0", Topics: []event.Topic{event.Orders}, Pool: pool, Log: quiet,
		Handle: func(context.Context, event.Envelope) error { return nil },
	}.CommitEvery(interval)
	go func() { done <- c.Run(ctx) }()
	polltest.Eventually(t, "the first commit", func() bool { return commits.Load() > 0 })
	time.Sleep(intervals * interval) // the broker takes so long
	close(answer)
	time.Sleep(intervals * interval)
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if n := commits.Load(); n > 2 {
		t.Errorf("one event has %d commits, want one, and one more if the first failed", n)
	}
}
