package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"cartograph/internal/event"
	"cartograph/internal/idempotency"
	"cartograph/internal/inbox"
	"cartograph/internal/kafka"
	"cartograph/internal/outbox"
	"cartograph/internal/pg"
	"cartograph/internal/server"
)

// A host is one role's place in the system: its address, its database, and
// the tasks that run for it.
type host struct {
	*system
	role     string
	log      *slog.Logger
	listener net.Listener
	tasks    []func(context.Context) error
}

func (s *system) host(r role) *host {
	return &host{system: s, role: r.name, log: s.log.With("role", r.name), listener: s.listeners[r.name]}
}

// open connects to the role's database and brings it up to date.
func (h *host) open(ctx context.Context, url string, migrations fs.FS, options ...pg.Option) (*pgxpool.Pool, *outbox.Outbox, error) {
	if url == "" {
		return nil, nil, noDatabase(h.role)
	}
	pool, err := pg.Open(ctx, url, h.tracer, options...)
	if err != nil {
		return nil, nil, err
	}
	if err := pg.Migrate(ctx, pool, migrations); err != nil {
		pool.Close()
		return nil, nil, err
	}
	return pool, outbox.New(pool), nil
}

func noDatabase(role string) error {
	return fmt.Errorf("no database: set %s_DATABASE_URL", strings.ToUpper(role))
}

// also adds tasks that run beside the server until the role ends.
func (h *host) also(tasks ...func(context.Context) error) { h.tasks = append(h.tasks, tasks...) }

// relay publishes what the outbox holds, and forgets what is too old to matter.
func (h *host) relay(pool *pgxpool.Pool, o *outbox.Outbox) {
	h.also(
		outbox.NewRelay(o, h.kafka, "/"+h.role, h.log).Run,
		func(ctx context.Context) error { return measureOutbox(ctx, h.role, o, h.log) },
		func(ctx context.Context) error { return prune(ctx, pool, h.log) },
	)
}

// consume feeds events of the topics to handle, as a member of the role's
// group.
func (h *host) consume(pool *pgxpool.Pool, topics []event.Topic, handle kafka.Handle) {
	h.also((&kafka.Consumer{
		Brokers: h.cfg.KafkaBrokers, Group: h.role, Instance: h.cfg.Instance,
		Topics: topics, Handle: handle, Pool: pool, Log: h.log,
	}).Run)
}

// serve runs the role's tasks and answers requests until ctx ends or a task
// fails. Requests end before tasks: what they began can be told.
func (h *host) serve(ctx context.Context, pool *pgxpool.Pool, handler http.Handler) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, task := range h.tasks {
		g.Go(func() error { return task(ctx) })
	}
	check := func(ctx context.Context) error {
		if pool == nil {
			return nil
		}
		return pool.Ping(ctx)
	}
	g.Go(func() error {
		return server.Run(ctx, h.listener, server.Handle(handler, check, prometheus.Gatherers{prometheus.DefaultGatherer, h.metrics}), h.log)
	})
	return g.Wait()
}

const pruneEvery = time.Hour

func prune(ctx context.Context, pool *pgxpool.Pool, log *slog.Logger) error {
	for {
		if err := errors.Join(inbox.Prune(ctx, pool), idempotency.Prune(ctx, pool)); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "prune", "err", err)
		}
		select {
		case <-time.After(pruneEvery):
		case <-ctx.Done():
			return nil
		}
	}
}
