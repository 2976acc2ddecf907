package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"connectrpc.com/connect"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/idempotency"
	"cartograph/internal/inbox"
	"cartograph/internal/kafka"
	"cartograph/internal/outbox"
	"cartograph/internal/pg"
	"cartograph/internal/rpc"
	"cartograph/internal/server"
	"cartograph/internal/telemetry"
	"cartograph/internal/wakeup"
)

// service is one role while it runs: its address, its database, and the tasks
// that run beside its server.
type service struct {
	*process
	role     role
	internal *auth.Internal // nil for roles that neither call others nor are called
	log      *slog.Logger
	listener net.Listener
	bounds   server.Bounds // of a listener that strangers reach
	pool     *pgxpool.Pool // nil if the role has no database
	consumes bool          // events, as a member of its group
	tasks    []func(context.Context) error
	cleanups []func()
	traces   *telemetry.Traces                       // nil: none are recorded
	checks   []func() error                          // beside that of the database
	notes    []func(context.Context) (string, error) // for operators; "" if there is nothing to look at
}

func (p *process) service(r role) *service {
	return &service{process: p, role: r, internal: p.signers[r.name], log: p.log.With("role", r.name), listener: p.listeners[r.name]}
}

// run opens the role's database, builds the role and serves until ctx ends or
// a task fails.
func (s *service) run(ctx context.Context) error {
	defer func() {
		for _, cleanup := range slices.Backward(s.cleanups) {
			cleanup()
		}
	}()
	if s.role.name != routerRole { // which has its own
		if err := s.startTraces(ctx); err != nil {
			return err
		}
	}
	if s.role.database != nil {
		err := s.progress.run(migrationsStep, func() (err error) {
			s.pool, err = s.role.openDatabase(ctx, &s.cfg, pg.Traced(s.traces.Provider(), s.tracer))
			return err
		})
		if err != nil {
			return err
		}
		s.addCleanup(s.pool.Close)
		if err := s.metrics.Register(newPoolMetrics(s.role.name, s.pool.Stat)); err != nil {
			return err
		}
	}
	handler, err := s.role.build(ctx, s)
	if err != nil {
		return err
	}
	if s.consumes {
		release, err := claimInstance(ctx, s.pool, s.role.name, s.instance, claimTimeout)
		if err != nil {
			return err
		}
		s.addCleanup(release)
	}
	return s.serve(ctx, handler)
}

// startTraces records what the role does in traces, if there is a collector.
func (s *service) startTraces(ctx context.Context) (err error) {
	settings := s.cfg.Router.Telemetry
	s.traces, err = telemetry.Start(ctx, telemetry.Options{
		Endpoint: settings.Endpoint, Service: "cartograph-" + s.role.name, Version: version, Sample: settings.Sample,
	}, s.log)
	if err != nil {
		return err
	}
	s.addCleanup(func() {
		const flushTimeout = 2 * time.Second
		if err := s.traces.Stop(ctx, flushTimeout); err != nil {
			s.log.WarnContext(ctx, "last spans not exported", "err", err)
		}
	})
	return nil
}

// fillDemo runs what fills the role's database with demo data, if the
// configuration has it.
func (s *service) fillDemo(fill func() error) error {
	if !s.cfg.Demo {
		return nil
	}
	return s.progress.run(demoStep, fill)
}

// addTask registers tasks that run beside the server until the role ends.
func (s *service) addTask(tasks ...func(context.Context) error) { s.tasks = append(s.tasks, tasks...) }

// readyOnce keeps the role unready until a check succeeds.
func (s *service) readyOnce(check func() error) { s.checks = append(s.checks, check) }

// addCleanup registers what runs after the server and all tasks have ended,
// the last one first.
func (s *service) addCleanup(cleanup func()) { s.cleanups = append(s.cleanups, cleanup) }

// newOutbox returns the outbox of the role's database. Tasks publish it,
// measure its backlog, and prune the tables that grow with it.
func (s *service) newOutbox() *outbox.Outbox {
	o := outbox.New(s.pool)
	relay := outbox.NewRelay(o, s.kafka, "/"+s.role.name, s.log)
	relay.Published = countEvent
	s.addTask(
		func(ctx context.Context) error { return relay.Run(s.traces.With(ctx)) },
		func(ctx context.Context) error { return measureOutbox(ctx, s.role.name, o, s.log) },
		func(ctx context.Context) error { return prune(ctx, s.pool, s.log) },
	)
	return o
}

// consume handles events of the topics as a member of the role's group.
func (s *service) consume(topics []event.Topic, handle kafka.Handle) {
	s.consumeAll(topics, handle, nil)
}

// consumeAll is consume for a role that can handle several events at once.
func (s *service) consumeAll(topics []event.Topic, handle kafka.Handle, all func(context.Context, []event.Envelope) error) {
	s.consumes = true
	s.notes = append(s.notes, s.deadLetters)
	var traced func(context.Context, []event.Envelope) error
	if all != nil {
		traced = func(ctx context.Context, events []event.Envelope) error { return all(s.traces.With(ctx), events) }
	}
	s.addTask((&kafka.Consumer{
		Brokers: s.cfg.KafkaBrokers, Group: s.role.name, Instance: s.instance,
		Topics: topics, Handle: func(ctx context.Context, e event.Envelope) error { return handle(s.traces.With(ctx), e) }, HandleAll: traced, Pool: s.pool, Log: s.log,
	}).Run)
}

// watch runs a task that reads topics without a group, for subscriptions.
func (s *service) watch(run func(context.Context, []string) error) {
	s.addTask(func(ctx context.Context) error { return run(ctx, s.cfg.KafkaBrokers) })
}

// clientOptions are those of calls to other roles.
func (s *service) clientOptions() []connect.ClientOption {
	return rpc.ClientOptions(s.internal, s.role.name)
}

// serve runs the role's tasks and answers requests until ctx ends or a task
// fails.
func (s *service) serve(ctx context.Context, handler http.Handler) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, task := range s.tasks {
		g.Go(func() error { return task(ctx) })
	}
	s.readiness.set(s.role.name, s.status)
	handler = s.traces.Serve(handler)
	g.Go(func() error {
		return server.RunBounded(ctx, s.listener, server.Handle(handler, s.check), s.log, s.bounds)
	})
	if s.role.name != routerRole { // whose bounds are those of connections
		stop := s.inProcess.Handle(strings.TrimPrefix(s.urls[s.role.name], "http://"), handler)
		g.Go(func() error {
			<-ctx.Done()
			stop()
			return nil
		})
	}
	return g.Wait()
}

// check returns why the role is not ready; nil if it is.
func (s *service) check(ctx context.Context) error {
	for _, check := range s.checks {
		if err := check(); err != nil {
			return err
		}
	}
	if s.pool == nil {
		return nil
	}
	return pg.Writable(ctx, s.pool)
}

// status is the role's readiness with what only operators may see.
func (s *service) status(ctx context.Context) server.Status {
	status := server.Status{Err: s.check(ctx)}
	if status.Err != nil {
		return status
	}
	for _, note := range s.notes {
		if text, err := note(ctx); err != nil {
			status.Notes = append(status.Notes, err.Error())
		} else if text != "" {
			status.Notes = append(status.Notes, text)
		}
	}
	return status
}

// deadLetters is a note if events of the role wait for a decision.
func (s *service) deadLetters(ctx context.Context) (string, error) {
	n, err := kafka.CountDeadLetters(ctx, s.pool, kafka.DeadLetterFilter{Consumer: s.role.name})
	if err != nil || n == 0 {
		return "", err
	}
	return fmt.Sprintf("%d dead letters; see cartograph deadletters list --role %s", n, s.role.name), nil
}

const (
	pruneEvery = time.Hour
	healEvery  = time.Minute
)

// healDueDates registers a task that makes work due whose date the database wrote
// while its clock was ahead.
func (s *service) healDueDates(dates ...pg.DueDates) {
	s.addTask(func(ctx context.Context) error {
		for {
			for _, d := range dates {
				healed, err := d.Heal(ctx, s.pool)
				if err != nil && ctx.Err() == nil {
					s.log.WarnContext(ctx, "due dates not checked, retrying", "table", d.Table, "err", err)
				}
				if healed > 0 {
					s.log.WarnContext(ctx, "due dates were too far ahead, made due now", "table", d.Table, "column", d.Column, "rows", healed)
				}
			}
			if !wakeup.Sleep(ctx, healEvery) {
				return nil
			}
		}
	})
}

func prune(ctx context.Context, pool *pgxpool.Pool, log *slog.Logger) error {
	for {
		if err := errors.Join(inbox.Prune(ctx, pool), idempotency.Prune(ctx, pool), kafka.PruneDeadLetters(ctx, pool)); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "prune inbox, idempotency keys and dead letters", "err", err)
		}
		if !wakeup.Sleep(ctx, pruneEvery) {
			return nil
		}
	}
}
