package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// tally is what happened in some time.
type tally struct {
	offered, confirmed, skipped int // purchases; skipped: flows that the generator could not start
	retryAfter                  int // of the refusals
	refusals                    []time.Duration
	reads                       []time.Duration // the admitted ones
	failures                    map[string]int  // of purchases and reads
}

func (t *tally) failed() int {
	n := 0
	for _, count := range t.failures {
		n += count
	}
	return n
}

func (t *tally) merge(other *tally) {
	t.offered += other.offered
	t.confirmed += other.confirmed
	t.skipped += other.skipped
	t.retryAfter += other.retryAfter
	t.refusals = append(t.refusals, other.refusals...)
	t.reads = append(t.reads, other.reads...)
	for reason, n := range other.failures {
		t.fail(reason, n)
	}
}

func (t *tally) fail(reason string, n int) {
	if t.failures == nil {
		t.failures = map[string]int{}
	}
	t.failures[reason] += n
}

// window collects a tally for each second, and prints it when the second is over.
type window struct {
	mu     sync.Mutex
	second tally
	total  tally
	done   func()
}

func (w *window) start(ctx context.Context, rss func() int) {
	fmt.Printf("%6s %8s %9s %8s %10s %10s %11s %10s %7s %8s %9s\n",
		"second", "offered", "confirmed", "refused", "p50", "p95", "retry-after", "reads p95", "failed", "skipped", "RSS MiB")
	ctx, cancel := context.WithCancel(ctx)
	var printer sync.WaitGroup
	printer.Go(func() {
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for second := 1; ; second++ {
			select {
			case <-ticker.C:
				w.print(second, rss())
			case <-ctx.Done():
				return
			}
		}
	})
	w.done = func() {
		cancel()
		printer.Wait()
	}
}

// stop ends the printing and returns what happened in all seconds.
func (w *window) stop() *tally {
	w.done()
	w.take()
	slices.Sort(w.total.refusals)
	slices.Sort(w.total.reads)
	return &w.total
}

// take moves the second's tally to the total and returns it.
func (w *window) take() tally {
	w.mu.Lock()
	defer w.mu.Unlock()
	second := w.second
	w.second = tally{}
	w.total.merge(&second)
	return second
}

func (w *window) print(second, rss int) {
	t := w.take()
	slices.Sort(t.refusals)
	slices.Sort(t.reads)
	fmt.Printf("%6d %8d %9d %8d %10s %10s %11d %10s %7d %8d %9d\n", second, t.offered, t.confirmed, len(t.refusals),
		quantile(t.refusals, .5), quantile(t.refusals, .95), t.retryAfter, quantile(t.reads, .95), t.failed(), t.skipped, rss>>10)
}

func (w *window) offer() { w.change(func(t *tally) { t.offered++ }) }
func (w *window) skip()  { w.change(func(t *tally) { t.skipped++ }) }

func (w *window) purchase(ctx context.Context, err error) {
	w.change(func(t *tally) {
		if err == nil {
			t.confirmed++
			return
		}
		t.refuse(ctx, err)
	})
}

func (w *window) read(ctx context.Context, took time.Duration, err error) {
	w.change(func(t *tally) {
		if err == nil {
			t.reads = append(t.reads, took)
			return
		}
		t.refuse(ctx, err)
	})
}

func (w *window) change(f func(*tally)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f(&w.second)
}

// refuse counts a flow that was refused or has failed. One that the end of the
// load has interrupted is neither.
func (t *tally) refuse(ctx context.Context, err error) {
	if errors.Is(context.Cause(ctx), errLoadEnded) {
		return
	}
	r, refused := errors.AsType[*refusal](err)
	if !refused {
		t.fail(err.Error(), 1)
		return
	}
	t.refusals = append(t.refusals, r.took)
	if r.retryAfter {
		t.retryAfter++
	}
}

// quantile of sorted durations, for print.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))].Round(100 * time.Microsecond)
}

func printFailures(failures map[string]int) {
	for _, reason := range slices.Sorted(maps.Keys(failures)) {
		fmt.Printf("    %d × %.160s\n", failures[reason], reason)
	}
}
