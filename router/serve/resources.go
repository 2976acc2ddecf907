package serve

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"cartograph/internal/telemetry"
	"cartograph/router"
	"cartograph/router/redis"
)

// Resources are what successive routers of one process share: they outlive a
// reload.
type Resources struct {
	metrics *router.Metrics
	redis   *redis.Client // nil: not configured
	tracer  trace.Tracer
	traces  *telemetry.Traces
	log     *slog.Logger
}

// OpenResources connects lazily: Redis and the trace collector may start later.
func OpenResources(ctx context.Context, s *Settings, registry prometheus.Registerer, log *slog.Logger) (_ *Resources, err error) {
	p := &Resources{metrics: router.NewMetrics(registry), log: log}
	if s.RedisURL != "" {
		if p.redis, err = redis.Open(s.RedisURL, log); err != nil {
			return nil, fmt.Errorf("redis_url: %w", err)
		}
	}
	if p.traces, err = telemetry.Start(ctx, s.Telemetry.options(), log); err != nil {
		p.Close(ctx)
		return nil, err
	}
	p.tracer = p.traces.Tracer("cartograph/router")
	return p, nil
}

// Configure puts the resources into a router's configuration.
func (p *Resources) Configure(c *router.Config) {
	c.Metrics, c.Redis, c.Tracer = p.metrics, p.redis, p.tracer
}

// Close flushes traces and closes the rest. All routers must be closed before.
func (p *Resources) Close(ctx context.Context) {
	const flushTimeout = 5 * time.Second
	err := p.traces.Stop(ctx, flushTimeout)
	if p.redis != nil {
		err = cmp.Or(err, p.redis.Close())
	}
	if err != nil {
		p.log.WarnContext(ctx, "close router resources", "err", err)
	}
}
