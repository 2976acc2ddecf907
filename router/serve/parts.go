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

// Parts are what the routers of one program share, those that come after each
// other too.
type Parts struct {
	metrics *router.Metrics
	redis   *redis.Client // nil: there is none
	tracer  trace.Tracer  // nil: nobody traces
	traces  *telemetry.Traces
	log     *slog.Logger
}

// Open prepares the parts. Nothing has to answer yet: Redis and the collector
// of traces may start later.
func Open(ctx context.Context, s *Settings, registry prometheus.Registerer, log *slog.Logger) (_ *Parts, err error) {
	p := &Parts{metrics: router.NewMetrics(registry), log: log}
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

// Fill puts the parts into a router's configuration.
func (p *Parts) Fill(c *router.Config) {
	c.Metrics, c.Redis, c.Tracer = p.metrics, p.redis, p.tracer
}

// Close sends what traces are left and closes the rest. The routers must have
// ended before.
func (p *Parts) Close(ctx context.Context) {
	const patience = 5 * time.Second
	err := p.traces.Stop(ctx, patience)
	if p.redis != nil {
		err = cmp.Or(err, p.redis.Close())
	}
	if err != nil {
		p.log.WarnContext(ctx, "end of the router", "err", err)
	}
}
