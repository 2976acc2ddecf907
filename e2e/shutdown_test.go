package e2e

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"cartograph/app"
	"cartograph/e2e/systemtest"
	"cartograph/internal/embedded"
	"cartograph/internal/event"
	"cartograph/internal/outbox"
	"cartograph/internal/pgtest"
	"cartograph/internal/polltest"
)

// broker is a Kafka that can stop answering while its connections stay open, as
// it does when its machine freezes or the network drops packets.
type broker struct {
	*kfake.Cluster
	frozen   atomic.Bool
	unfreeze chan struct{}
	unheard  atomic.Int64 // requests since that publishing waits for
}

func startBroker(t *testing.T) *broker {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	b := &broker{Cluster: cluster, unfreeze: make(chan struct{})}
	cluster.Control(func(r kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		if !b.frozen.Load() {
			return nil, nil, false
		}
		if key := r.Key(); key == kmsg.Produce.Int16() || key == kmsg.Metadata.Int16() {
			b.unheard.Add(1)
		}
		cluster.SleepControl(func() { <-b.unfreeze })
		return nil, nil, false
	})
	t.Cleanup(func() {
		close(b.unfreeze)
		cluster.Close()
	})
	return b
}

// TestEveryRoleEndsInFiveSecondsWhileKafkaDoesNotAnswer is a SIGTERM in the
// middle of an outage: an event is being published, offsets are to be committed,
// and no request to Kafka returns.
func TestEveryRoleEndsInFiveSecondsWhileKafkaDoesNotAnswer(t *testing.T) {
	t.Parallel()
	for _, role := range app.Names() {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			b := startBroker(t)
			cfg, databaseURL := alone(t, b.ListenAddrs())
			ctx, stop := context.WithCancel(context.Background())
			ready, ended := make(chan struct{}), make(chan error, 1)
			go func() {
				ended <- app.Run(ctx, cfg, systemtest.Logger(), app.Options{Roles: []string{role}, Ready: func(app.Endpoints) { close(ready) }})
			}()
			select {
			case <-ready:
			case err := <-ended:
				stop()
				t.Fatalf("%s did not start: %v", role, err)
			}
			if slices.Contains(publishing, role) { // the first makes the producer known to the broker
				publish(t, databaseURL)
				database := pool(t, databaseURL)
				polltest.Eventually(t, "an event is published", func() bool { return one[int](t, database, "SELECT count(*)::int FROM outbox") == 0 })
			}
			b.frozen.Store(true)
			if slices.Contains(publishing, role) {
				publish(t, databaseURL)
				polltest.Eventually(t, "another is on its way", func() bool { return b.unheard.Load() > 0 })
			}
			began := time.Now()
			stop()
			select {
			case err := <-ended:
				if err != nil {
					t.Errorf("it ended with %v", err)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("it has not ended after 20 s")
			}
			took := time.Since(began)
			t.Logf("ended after %s", took.Round(time.Millisecond))
			if took > 5*time.Second {
				t.Errorf("it ended after %s, want at most 5 s", took.Round(time.Millisecond))
			}
		})
	}
}

// publishing are the roles with an outbox.
var publishing = []string{"user", "product", "cart", "order", "payment", "inventory", "shipping"}

// alone is the configuration of a role that runs by itself.
func alone(t *testing.T, brokers []string) (cfg app.Config, databaseURL string) {
	t.Helper()
	cfg, err := app.ConfigFromEnv()
	if err != nil {
		t.Fatal(err)
	}
	redis, err := embedded.StartRedis("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(redis.Close)
	databaseURL = pgtest.Blank(t)
	for _, url := range app.DatabaseURLs(&cfg) {
		*url = databaseURL
	}
	cfg.SearchIndex.DatabaseURL = databaseURL
	for _, listen := range app.Listeners(&cfg) {
		*listen = "127.0.0.1:0"
	}
	cfg.Demo, cfg.Instance, cfg.DataDir = true, "0", t.TempDir()
	cfg.KafkaBrokers, cfg.RedisURL, cfg.SMTPURL = brokers, "redis://"+redis.Addr(), "smtp://127.0.0.1:1"
	cfg.InternalTokenSecret = strings.Repeat("5", 64)
	return cfg, databaseURL
}

// publish commits an event to a role's outbox.
func publish(t *testing.T, databaseURL string) {
	t.Helper()
	err := outbox.New(pool(t, databaseURL)).InTx(t.Context(), func(tx pgx.Tx) error {
		return outbox.Write(t.Context(), tx, event.CheckoutExpired{CheckoutID: "chk_1"})
	})
	if err != nil {
		t.Fatal(err)
	}
}
