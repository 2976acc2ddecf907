package serve

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"cartograph/router"
)

// Keeper keeps a live router as its files say: it looks at them now and then,
// and when it is asked to.
type Keeper struct {
	Live *Live

	load    func() (Settings, error)
	build   func(context.Context, *Settings) (*router.Router, error)
	log     *slog.Logger
	reloads *prometheus.CounterVec
	stale   prometheus.Gauge

	mu      sync.Mutex // of one reload against another
	current Settings
	files   files
	refused atomic.Pointer[string]
}

// Sources are where a Keeper's settings and routers come from.
type Sources struct {
	Load  func() (Settings, error)
	Build func(context.Context, *Settings) (*router.Router, error)
}

// Keep builds the first router and serves it. What it counts is registered.
func Keep(ctx context.Context, from Sources, registry prometheus.Registerer, log *slog.Logger) (*Keeper, error) {
	k := &Keeper{
		load: from.Load, build: from.Build, log: log,
		reloads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cartograph_router_reloads_total", Help: "Changes of the supergraph or the configuration, by what became of them: applied or refused.",
		}, []string{"result"}),
		stale: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "cartograph_router_stale", Help: "1 while the last change was refused and what was before is served.",
		}),
	}
	registry.MustRegister(k.reloads, k.stale)
	k.reloads.WithLabelValues("applied").Add(0)
	k.reloads.WithLabelValues("refused").Add(0)
	var err error
	if k.current, err = k.load(); err != nil {
		return nil, err
	}
	k.files = k.current.files()
	first, err := k.build(ctx, &k.current)
	if err != nil {
		return nil, err
	}
	k.Live = NewLive(first, log)
	return k, nil
}

// Settings are those in force.
func (k *Keeper) Settings() Settings {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.current
}

// Refused is why the last change was refused; empty if none was.
func (k *Keeper) Refused() string {
	if why := k.refused.Load(); why != nil {
		return *why
	}
	return ""
}

// RunUntil looks at the files until ctx ends, and reloads at each SIGHUP.
func (k *Keeper) RunUntil(ctx context.Context) error {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	for {
		var tick <-chan time.Time
		if every := k.Settings().Watch; every > 0 {
			tick = time.After(every)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-hangups:
			_ = k.Reload(ctx) // it is logged, counted and shown
		case <-tick:
			if k.changed() {
				_ = k.Reload(ctx)
			}
		}
	}
}

// changed reports whether a file is not what it was at the last reload, and is
// written: the same as at the last look.
func (k *Keeper) changed() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.files.changed()
}

// Reload builds a router of what the files say now and puts it in the place of
// the one that serves. If that fails the one that serves goes on.
func (k *Keeper) Reload(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	began := time.Now()
	k.files.seen() // whatever comes of it, it is not tried again unchanged
	next, err := k.load()
	var r *router.Router
	if err == nil {
		r, err = k.build(ctx, &next)
	}
	if err != nil {
		why := fmt.Sprintf("%s: %v", time.Now().UTC().Format(time.RFC3339), err)
		k.refused.Store(&why)
		k.stale.Set(1)
		k.reloads.WithLabelValues("refused").Inc()
		k.log.ErrorContext(ctx, "reload refused; what was before is served", "err", err)
		return err
	}
	k.Live.Replace(r)
	if fixed := next.fixed(&k.current); len(fixed) > 0 {
		k.log.WarnContext(ctx, "changed settings that need a new start", "settings", fixed)
	}
	if files := next.files(); !files.same(k.files) {
		k.files = files
	}
	k.current = next
	k.refused.Store(nil)
	k.stale.Set(0)
	k.reloads.WithLabelValues("applied").Inc()
	k.log.InfoContext(ctx, "reloaded", "took", time.Since(began).Round(time.Millisecond))
	return nil
}
