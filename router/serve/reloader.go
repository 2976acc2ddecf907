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

// Reloader rebuilds the router when its files change, or on SIGHUP, and keeps
// the previous one if the new one cannot be built.
type Reloader struct {
	Router *HotSwap // that is served

	load    func() (Settings, error)
	build   func(context.Context, *Settings) (*router.Router, error)
	log     *slog.Logger
	reloads *prometheus.CounterVec
	stale   prometheus.Gauge

	mu       sync.Mutex // held for a whole reload: one at a time
	current  Settings
	files    files
	rejected atomic.Pointer[string] // read by /readyz, which must not wait for a reload
}

// Sources load settings and build routers from them.
type Sources struct {
	Load  func() (Settings, error)
	Build func(context.Context, *Settings) (*router.Router, error)
}

// NewReloader builds the first router and serves it; its error is that of the
// first build. It registers its metrics.
func NewReloader(ctx context.Context, from Sources, registry prometheus.Registerer, log *slog.Logger) (*Reloader, error) {
	r := &Reloader{
		load: from.Load, build: from.Build, log: log,
		reloads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cartograph_router_reloads_total", Help: "Reloads of the supergraph or the configuration, by result: applied or rejected.",
		}, []string{"result"}),
		stale: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "cartograph_router_stale", Help: "1 while the last reload was rejected and the previous configuration is served.",
		}),
	}
	registry.MustRegister(r.reloads, r.stale)
	r.reloads.WithLabelValues("applied").Add(0)
	r.reloads.WithLabelValues("rejected").Add(0)
	var err error
	if r.current, err = r.load(); err != nil {
		return nil, err
	}
	// Before the build: a file that changes meanwhile is noticed by the next poll.
	r.files = r.current.files()
	first, err := r.build(ctx, &r.current)
	if err != nil {
		return nil, err
	}
	r.Router = NewHotSwap(first, log)
	return r, nil
}

// Settings returns those in force.
func (r *Reloader) Settings() Settings {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.current
}

// Rejected is the time and the error of the last reload if it was rejected,
// else empty.
func (r *Reloader) Rejected() string {
	if reason := r.rejected.Load(); reason != nil {
		return *reason
	}
	return ""
}

// Run polls the files until ctx ends, and reloads on SIGHUP. Polling works on
// mounted volumes, where file notifications do not: Kubernetes replaces a
// directory by a symbolic link.
func (r *Reloader) Run(ctx context.Context) error {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	for {
		var tick <-chan time.Time // nil, which never fires, if polling is off
		if every := r.Settings().Watch; every > 0 {
			tick = time.After(every)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-hangups:
			_ = r.Reload(ctx) // it logs and counts its error
		case <-tick:
			if r.changed() {
				_ = r.Reload(ctx)
			}
		}
	}
}

// changed reports whether a file differs from the last reload and is completely
// written: equal in two polls.
func (r *Reloader) changed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.files.changed()
}

// Reload builds a router from the files and replaces the one that is served. On
// an error the previous router continues, and the same content is not tried
// again.
func (r *Reloader) Reload(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	started := time.Now()
	r.files.markLoaded() // before reading: a write during the build is a new change
	next, err := r.load()
	var built *router.Router
	var files files
	if err == nil {
		files = next.files() // before the build too, for files that are named now only
		built, err = r.build(ctx, &next)
	}
	if err != nil {
		reason := fmt.Sprintf("%s: %v", time.Now().UTC().Format(time.RFC3339), err)
		r.rejected.Store(&reason)
		r.stale.Set(1)
		r.reloads.WithLabelValues("rejected").Inc()
		r.log.ErrorContext(ctx, "reload rejected, keeping the previous configuration", "err", err)
		return err
	}
	r.Router.Replace(built)
	if restart := next.needRestart(&r.current); len(restart) > 0 {
		r.log.WarnContext(ctx, "changed settings need a restart", "settings", restart)
	}
	if !files.same(r.files) {
		r.files = files
	}
	r.current = next
	r.rejected.Store(nil)
	r.stale.Set(0)
	r.reloads.WithLabelValues("applied").Inc()
	r.log.InfoContext(ctx, "reloaded", "duration", time.Since(started).Round(time.Millisecond))
	return nil
}
