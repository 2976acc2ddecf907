package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// readsPerPurchase are the reads that go with each purchase, in the closed loop as
// in the open one, so that both are the same work.
const readsPerPurchase = 2

const (
	closedLoopTime = 30 * time.Second // at most: a long open loop needs no longer measurement of the capacity

	maxInFlight   = 4096             // flows of the generator at once; further ones are not started
	purchaseTime  = 10 * time.Second // how long a buyer waits for the whole purchase
	normalSamples = 3                // purchases in a row that are as fast as before
	maxRecovery   = 60 * time.Second // how long the run waits for them
)

// errLoadEnded is the cause for which flows are interrupted at the end.
var errLoadEnded = errors.New("the load has ended")

// overload measures the capacity for purchases in a closed loop, offers a multiple
// of it in an open loop, which does not slow down with the system, and then waits
// until a purchase is as fast as before. It prints what happened in each second.
func overload(ctx context.Context, s *shop, o options, rss func() int) error {
	fmt.Printf("\nclosed loop: %d clients, %d reads with each purchase\n", o.clients, readsPerPurchase)
	loop := closedLoop(ctx, o.clients, min(o.duration, closedLoopTime), s.visit)
	reportHeader()
	report("purchase and reads", loop)
	capacity := float64(len(loop.took)) / loop.wall.Seconds()
	if capacity == 0 {
		return errors.New("no purchase succeeded in the closed loop")
	}
	normal, err := s.normal(ctx)
	if err != nil {
		return err
	}
	offered := o.multiple * capacity
	fmt.Printf("\nopen loop: %.1f times the capacity, %.1f purchases and %.1f reads per second; a lone purchase takes %s\n",
		o.multiple, offered, offered*readsPerPurchase, normal.Round(time.Millisecond))
	var w window
	w.start(ctx, rss)
	s.offer(ctx, offered, o.duration, &w)
	recovery, recovered := s.awaitNormal(ctx, normal)
	total := w.stop()
	confirmed := float64(total.confirmed) / o.duration.Seconds()
	fmt.Printf("\ngoodput %.1f purchases per second, %.2f of the capacity; %d offered, %d confirmed, %d refused, %d failed\n",
		confirmed, confirmed/capacity, total.offered, total.confirmed, len(total.refusals), total.failed())
	fmt.Printf("admitted reads p95 %s; refusals p50 %s, p95 %s, p99 %s; %d of %d with Retry-After\n",
		quantile(total.reads, .95), quantile(total.refusals, .5), quantile(total.refusals, .95), quantile(total.refusals, .99),
		total.retryAfter, len(total.refusals))
	printFailures(total.failures)
	if !recovered {
		return fmt.Errorf("purchases are not as fast as before %s after the load", maxRecovery)
	}
	fmt.Printf("back to normal %s after the load\n", recovery.Round(10*time.Millisecond))
	return ctx.Err()
}

// visit is a purchase with its reads.
func (s *shop) visit(ctx context.Context) error {
	for i := range readsPerPurchase {
		if err := s.read(ctx, i); err != nil {
			return err
		}
	}
	return s.buy(ctx)
}

// read is the i-th read that goes with a purchase.
func (s *shop) read(ctx context.Context, i int) error {
	if i%readsPerPurchase == 0 {
		return s.list(ctx)
	}
	return s.detail(ctx)
}

// offer starts purchases and reads at a rate until d has passed and all have ended.
func (s *shop) offer(ctx context.Context, rate float64, d time.Duration, w *window) {
	slots := make(chan struct{}, maxInFlight)
	var flows sync.WaitGroup
	begin := func(f func()) {
		select {
		case slots <- struct{}{}:
			flows.Go(func() {
				defer func() { <-slots }()
				f()
			})
		default:
			w.skip()
		}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, d, errLoadEnded)
	defer cancel()
	ticker := time.NewTicker(time.Duration(float64(time.Second) / rate))
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			continue
		}
		begin(func() {
			ctx, cancel := context.WithTimeout(ctx, purchaseTime)
			defer cancel()
			w.offer()
			w.purchase(ctx, s.buy(ctx))
		})
		for i := range readsPerPurchase {
			begin(func() {
				began := time.Now()
				err := s.read(ctx, i)
				w.read(ctx, time.Since(began), err)
			})
		}
	}
	flows.Wait()
}

// normal is how long a purchase takes alone.
func (s *shop) normal(ctx context.Context) (time.Duration, error) {
	if _, err := s.purchases(ctx, 5); err != nil { // those begun by the closed loop end meanwhile
		return 0, err
	}
	took, err := s.purchases(ctx, 15)
	slices.Sort(took)
	return quantile(took, .5), err
}

// purchases makes purchases one after the other.
func (s *shop) purchases(ctx context.Context, n int) ([]time.Duration, error) {
	took := make([]time.Duration, 0, n)
	for range n {
		began := time.Now()
		if err := s.buy(ctx); err != nil {
			return nil, err
		}
		took = append(took, time.Since(began))
	}
	return took, nil
}

// awaitNormal returns how long it takes until purchases are about as fast as
// normal; false if they are not within maxRecovery.
func (s *shop) awaitNormal(ctx context.Context, normal time.Duration) (time.Duration, bool) {
	ctx, cancel := context.WithTimeout(ctx, maxRecovery)
	defer cancel()
	ended := time.Now()
	var since time.Duration
	for fast := 0; fast < normalSamples; {
		began := time.Now()
		if err := s.buy(ctx); ctx.Err() != nil {
			return 0, false
		} else if err != nil || time.Since(began) > 2*normal {
			fast = 0
			continue
		}
		if fast++; fast == 1 {
			since = began.Sub(ended)
		}
	}
	return since, true
}
