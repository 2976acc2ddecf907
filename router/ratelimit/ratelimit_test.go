package ratelimit

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cartograph/router/redis"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// onRedis is a limiter on a Redis whose clock stands still until the test
// moves it.
func onRedis(t *testing.T) (*Limiter, *miniredis.Miniredis) {
	t.Helper()
	server := miniredis.RunT(t)
	client, err := redis.OpenTimeout("redis://"+server.Addr(), 5*time.Second, quiet()) // the machine may be busy
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return New(client, quiet()), server
}

func TestABucketGivesItsBurstAndThenItsRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New(nil, quiet())
		take := func(n int) Decision {
			return l.Take(t.Context(), Take{Key: "a", Rate: Rate{PerMinute: 60, Burst: 10}, N: n})
		}
		if d := take(10); !d.Allowed || d.States[0] != (State{Remaining: 0, Reset: 10 * time.Second}) {
			t.Errorf("the burst: %+v, want it, and the bucket empty for 10 s", d)
		}
		if d := take(3); d.Allowed || d.RetryAfter != 3*time.Second || d.States[0].Remaining != 0 {
			t.Errorf("3 of an empty bucket: %+v, want a retry after 3 s", d)
		}
		time.Sleep(2999 * time.Millisecond)
		if take(3).Allowed {
			t.Error("3 after 2.999 s were given, want 3 s")
		}
		time.Sleep(time.Millisecond)
		if d := take(3); !d.Allowed {
			t.Errorf("3 after 3 s: %+v", d)
		}
		time.Sleep(time.Hour)
		if d := take(11); d.Allowed || d.States[0].Remaining != 10 {
			t.Errorf("more than a bucket holds: %+v, want it refused", d)
		}
	})
}

// TestNoMoreThanBurstAndRateIsEverTaken holds for any sequence of takes.
func TestNoMoreThanBurstAndRateIsEverTaken(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		rate := Rate{PerMinute: rapid.Float64Range(0.5, 1e6).Draw(r, "per minute"), Burst: rapid.IntRange(1, 1000).Draw(r, "burst")}
		full, now := fullAt(0), 0.0
		taken := 0
		for range rapid.IntRange(1, 60).Draw(r, "steps") {
			now += rapid.Float64Range(0, 5e7).Draw(r, "µs")
			n := rapid.IntRange(0, rate.Burst).Draw(r, "n")
			next, wait := decide(full, now, Take{Rate: rate, N: n})
			if wait > 0 {
				if _, again := decide(full, now+wait+1, Take{Rate: rate, N: n}); again > 0 {
					r.Fatalf("refused for %v µs, and again after it", wait)
				}
				continue
			}
			full, taken = next, taken+n
			if bound := float64(rate.Burst) + (now+1)/rate.interval(); float64(taken) > bound+1e-3 {
				r.Fatalf("%d taken within %v µs, want at most %v", taken, now, bound)
			}
		}
	})
}

func TestRedisDecidesAsTheProcessDoes(t *testing.T) {
	t.Parallel()
	l, server := onRedis(t)
	clock := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	server.SetTime(clock)
	full := map[string]fullAt{}
	rates := []Rate{{PerMinute: 7, Burst: 3}, {PerMinute: 6e6, Burst: 1000}, {PerMinute: 120_000, Burst: 120_000}}
	for step := range 300 {
		clock = clock.Add(time.Duration(step*step*7919%3_000_000) * time.Microsecond)
		server.SetTime(clock)
		now := float64(clock.UnixMicro())
		var takes []Take
		want, maxWait := Decision{Allowed: true}, 0.0
		next := map[string]fullAt{}
		for i := range step%3 + 1 {
			take := Take{Key: fmt.Sprint("k", i), Rate: rates[i], N: (step * 31 % (rates[i].Burst + 2))}
			takes = append(takes, take)
			after, wait := decide(full[take.Key], now, take)
			next[take.Key] = after
			if wait > maxWait {
				want.Allowed, want.Exhausted, maxWait = false, i, wait
			}
		}
		if want.Allowed {
			maps.Copy(full, next)
		}
		for _, take := range takes {
			want.States = append(want.States, stateAt(full[take.Key], now, take.Rate))
		}
		want.RetryAfter = time.Duration(maxWait * float64(time.Microsecond))
		got := l.Take(t.Context(), takes...)
		near := cmp.Comparer(func(a, b time.Duration) bool { return math.Abs(float64(a-b)) <= float64(2*time.Microsecond) })
		if diff := cmp.Diff(want, got, near); diff != "" {
			t.Fatalf("step %d, %+v (-process +redis):\n%s", step, takes, diff)
		}
	}
	if err := l.redis.client.Do(t.Context(), ping); err != nil {
		t.Errorf("Redis failed during the test: %v", err)
	}
}

func TestAllBucketsOrNone(t *testing.T) {
	t.Parallel()
	remote, _ := onRedis(t)
	for name, l := range map[string]*Limiter{"in process": New(nil, quiet()), "redis": remote} {
		wide, narrow := Take{Key: "wide", Rate: Rate{PerMinute: 1, Burst: 100}, N: 1}, Take{Key: "narrow", Rate: Rate{PerMinute: 1, Burst: 2}, N: 1}
		allowed := 0
		var last Decision
		for range 5 {
			last = l.Take(t.Context(), wide, narrow)
			if last.Allowed {
				allowed++
			}
		}
		if allowed != 2 || last.Exhausted != 1 || last.States[0].Remaining != 98 {
			t.Errorf("%s: %d of 5 allowed, then %+v; want 2, the narrow one short and nothing more taken of the wide one", name, allowed, last)
		}
	}
}

func TestConcurrentTakesShareOneBurst(t *testing.T) {
	t.Parallel()
	remote, server := onRedis(t)
	server.SetTime(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	for name, l := range map[string]*Limiter{"in process": New(nil, quiet()), "redis": remote} {
		var allowed atomic.Int64
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				for range 25 {
					if l.Take(t.Context(), Take{Key: "one", Rate: Rate{PerMinute: 0.001, Burst: 100}, N: 1}).Allowed {
						allowed.Add(1)
					}
				}
			})
		}
		all.Wait()
		if allowed.Load() != 100 {
			t.Errorf("%s: %d of 400 allowed, want the burst of 100", name, allowed.Load())
		}
	}
}

func TestWithoutRedisTheProcessLimits(t *testing.T) {
	t.Parallel()
	l, server := onRedis(t)
	take := func() Decision {
		return l.Take(t.Context(), Take{Key: "a", Rate: Rate{PerMinute: 0.001, Burst: 2}, N: 1})
	}
	for i, want := range []bool{true, true, false} {
		if take().Allowed != want {
			t.Fatalf("with Redis, take %d: allowed is not %t", i, want)
		}
	}
	server.Close()
	allowed := 0
	begun := time.Now()
	for range 200 {
		if take().Allowed {
			allowed++
		}
	}
	if allowed != 0 {
		t.Errorf("without Redis %d of 200 were allowed of a bucket that is empty in Redis", allowed)
	}
	other := Take{Key: "b", Rate: Rate{PerMinute: 0.001, Burst: 2}, N: 1}
	for i, want := range []bool{true, true, false} {
		if l.Take(t.Context(), other).Allowed != want {
			t.Errorf("without Redis, take %d of an unused bucket: allowed is not %t", i, want)
		}
	}
	if took := time.Since(begun); took > 2*time.Second {
		t.Errorf("200 requests without Redis took %v", took)
	}
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(15 * time.Second)
	for l.redis.client.Do(t.Context(), ping) != nil {
		if time.Now().After(deadline) {
			t.Fatal("Redis recovered and is still skipped")
		}
		time.Sleep(5 * time.Millisecond)
	}
	if take().Allowed {
		t.Error("Redis recovered without its bucket")
	}
}

// TestAHangingRedisDelaysRequestsBriefly uses a server that accepts connections
// and never replies.
func TestAHangingRedisDelaysRequestsBriefly(t *testing.T) {
	t.Parallel()
	var config net.ListenConfig
	silent, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	client, err := redis.Open("redis://"+silent.Addr().String(), quiet())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	l := New(client, quiet())
	for i := range 50 {
		begun := time.Now()
		if d := l.Take(t.Context(), Take{Key: "a", Rate: Rate{PerMinute: 60, Burst: 100}, N: 1}); !d.Allowed {
			t.Fatalf("request %d: %+v", i, d)
		}
		if took := time.Since(begun); took > 10*redis.Timeout {
			t.Errorf("request %d waited %v", i, took)
		}
	}
}

func TestBucketsAreBoundedAndExpire(t *testing.T) {
	t.Parallel()
	l := newLocal(10)
	rate := Rate{PerMinute: 0.001, Burst: 1}
	for i := range 1000 {
		l.Allow(fmt.Sprint(i), rate)
	}
	if n := l.buckets.Len(); n != 10 {
		t.Errorf("%d buckets are kept, want 10", n)
	}
	if l.Allow("999", rate) || !l.Allow("0", rate) {
		t.Error("not the least recently used was dropped")
	}
	remote, server := onRedis(t)
	remote.Take(t.Context(), Take{Key: "a", Rate: Rate{PerMinute: 60, Burst: 10}, N: 5})
	if ttl := server.TTL(keyPrefix + "a"); ttl < 4*time.Second || ttl > 6*time.Second {
		t.Errorf("a bucket that is full in 5 s stays for %v", ttl)
	}
}

func TestRatesAreReadAndWritten(t *testing.T) {
	t.Parallel()
	var r Rate
	if err := r.UnmarshalText([]byte("600:300")); err != nil || r != (Rate{PerMinute: 600, Burst: 300}) {
		t.Errorf("600:300 is %+v, %v", r, err)
	}
	if text, err := r.MarshalText(); err != nil || string(text) != "600:300" {
		t.Errorf("written as %q, %v", text, err)
	}
	for _, bound := range []string{"1000000000:1", "0.5:1000000000"} {
		if err := r.UnmarshalText([]byte(bound)); err != nil {
			t.Errorf("%q, which is at the bound: %v", bound, err)
		}
	}
	for _, bad := range []string{"", "600", "600:", ":5", "0:5", "-1:5", "5:0", "5:-1", "NaN:5", "Inf:5", "a:b", "5:1.5", "1e300:5", "1000000001:1", "1:1000000001"} {
		if err := r.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q was read as %+v", bad, r)
		}
	}
}

func BenchmarkTakeInProcess(b *testing.B) {
	l := New(nil, quiet())
	for b.Loop() {
		l.Take(context.Background(), Take{Key: "cost:user:usr_1", Rate: Rate{PerMinute: 1e8, Burst: 1e8}, N: 1})
	}
}

func TestWhatIsReservedIsTakenOnce(t *testing.T) {
	t.Parallel()
	remote, server := onRedis(t)
	server.SetTime(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	for name, l := range map[string]*Limiter{"in process": New(nil, quiet()), "redis": remote} {
		take := Take{Key: "a", Rate: Rate{PerMinute: 0.001, Burst: 100}, N: 10}
		if d := l.Reserve(take); !d.Allowed {
			t.Fatalf("%s: the reservation is refused", name)
		}
		take.N, take.Reserved = 30, 10
		if d := l.Take(t.Context(), take); !d.Allowed || d.States[0].Remaining != 70 {
			t.Errorf("%s: %+v, want 70 of 100 left", name, d)
		}
		take.N, take.Reserved = 70, 0
		if !l.Take(t.Context(), take).Allowed {
			t.Errorf("%s: the rest is refused", name)
		}
		if l.Reserve(Take{Key: "a", Rate: take.Rate, N: 1}).Allowed {
			t.Errorf("%s: a reservation of an empty bucket is granted", name)
		}
	}
}
