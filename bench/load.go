package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// A flow is the work of one client from beginning to end.
type flow func(ctx context.Context) error

// samples are how long flows took, and how many failed.
type samples struct {
	took   []time.Duration
	failed map[string]int
	wall   time.Duration
}

// recorder collects samples of flows that run at once.
type recorder struct {
	mu sync.Mutex
	samples
}

func (r *recorder) record(began time.Time, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.took = append(r.took, time.Since(began))
		return
	}
	if r.failed == nil {
		r.failed = map[string]int{}
	}
	r.failed[err.Error()]++
}

// closedLoop runs clients that each start a flow when the last one has ended.
// The first fifth of the time is warm-up and is not counted.
func closedLoop(ctx context.Context, clients int, d time.Duration, f flow) samples {
	loop := func(d time.Duration) samples {
		ctx, cancel := context.WithTimeout(ctx, d)
		defer cancel()
		var r recorder
		var wg sync.WaitGroup
		began := time.Now()
		for range clients {
			wg.Go(func() {
				for ctx.Err() == nil {
					began := time.Now()
					if err := f(ctx); ctx.Err() == nil {
						r.record(began, err)
					}
				}
			})
		}
		wg.Wait()
		r.wall = time.Since(began)
		return r.samples
	}
	loop(d / 5)
	return loop(d)
}

// openLoop starts flows at a rate, whether or not earlier ones have ended.
func openLoop(ctx context.Context, rate float64, d time.Duration, f flow) samples {
	var r recorder
	var wg sync.WaitGroup
	began := time.Now()
	ticker := time.NewTicker(time.Duration(float64(time.Second) / rate))
	defer ticker.Stop()
	for time.Since(began) < d && ctx.Err() == nil {
		<-ticker.C
		wg.Go(func() {
			began := time.Now()
			r.record(began, f(ctx))
		})
	}
	wg.Wait()
	r.wall = time.Since(began)
	return r.samples
}

func reportHeader() {
	fmt.Printf("\n%-22s %9s %9s %9s %9s %7s\n", "", "flows/s", "p50", "p95", "p99", "failed")
}

func report(name string, s samples) {
	slices.Sort(s.took)
	failed := 0
	for _, n := range s.failed {
		failed += n
	}
	fmt.Printf("%-22s %9.1f %9s %9s %9s %7d\n", name, float64(len(s.took))/s.wall.Seconds(),
		quantile(s.took, .50), quantile(s.took, .95),
		quantile(s.took, .99), failed)
	for reason, n := range s.failed {
		fmt.Printf("    %d × %.160s\n", n, reason)
	}
}
