// Package app is the composition root: it assembles the roles of cartograph and
// runs them.
//
// It is the only package that imports every other one. Each role is built by
// hand from its parts in a file of its own; that file shows the service's
// dependencies.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"cartograph/internal/logship"
)

// Options are those of the command line, beside the configuration.
type Options struct {
	Roles []string  // none: all of them, with embedded services where no URL is given
	Out   io.Writer // for the start banner
	Ready func(Endpoints)
	// Tracer sees every SQL statement of every role; may be nil.
	Tracer pgx.QueryTracer
}

// Endpoints are where a started system can be reached.
type Endpoints struct {
	GraphQL string
	Inbox   string            // the mail catcher's page; empty with a real SMTP server
	Roles   map[string]string // base URL by role

	Operations string // base URL of probes with reasons, and metrics
}

// Run runs the roles until ctx ends or one of them fails.
func Run(ctx context.Context, cfg Config, log *slog.Logger, opts Options) (err error) {
	started := time.Now()
	observeBuild()
	chosen, err := choose(opts.Roles)
	if err != nil {
		return err
	}
	cfg.fillSecrets(len(opts.Roles) == 0)
	if err := errors.Join(cfg.checkFor(chosen), cfg.checkSecrets(chosen)); err != nil {
		return fmt.Errorf("configuration:\n%w", err)
	}
	p := newProcess(cfg, log, chosen, opts)
	defer func() { err = errors.Join(err, p.close()) }() //nolint:contextcheck // ctx has ended by then
	var shipper *logship.Shipper
	if cfg.Log.Ship && (p.allInOne || len(cfg.KafkaBrokers) > 0) {
		log, shipper = p.shipLogs()
		p.log = log
	}
	// The addresses are bound first: a port that is taken fails the start before
	// anything is created.
	if err := p.listenAll(ctx, chosen); err != nil {
		return err
	}
	if p.allInOne {
		p.embedded, err = startEmbedded(ctx, &p.cfg, p.progress, log)
		if err != nil {
			return err
		}
	}
	p.expectSteps(chosen)
	if err := p.connect(ctx, chosen); err != nil {
		return err
	}
	g, failed := errgroup.WithContext(context.WithoutCancel(ctx))
	routerCtx, othersCtx, routerEnded := stopInOrder(ctx, failed, chosen)
	for _, r := range chosen {
		g.Go(func() error {
			ctx := othersCtx
			if r.name == routerRole {
				ctx = routerCtx
				defer routerEnded()
			}
			if err := p.service(r).run(ctx); err != nil {
				return fmt.Errorf("%s: %w", r.name, err)
			}
			return nil
		})
	}
	g.Go(func() error { return p.serveOperations(othersCtx) })
	if shipper != nil {
		g.Go(func() error { return p.runShipper(othersCtx, shipper) })
	}
	if p.profiles != nil {
		g.Go(func() error { return serveProfiles(othersCtx, p.profiles, log) })
	}
	if p.embedded != nil {
		g.Go(func() error { return p.embedded.watch(othersCtx) })
	}
	if p.topicsMissing {
		g.Go(func() error { return p.retryTopics(othersCtx) })
	}
	g.Go(func() error {
		if p.awaitReady(othersCtx) {
			debug.FreeOSMemory() // some 20 MB that only starting needed
			p.announce(othersCtx, opts, time.Since(started))
		}
		return nil
	})
	return g.Wait()
}

// stopInOrder returns the context of the router and that of the other roles.
// When ctx ends the router stops first, so that operations under way still
// reach the subgraphs; the others stop when it has ended, or at once without a
// router in this process. All stop when one role has failed.
func stopInOrder(ctx, failed context.Context, chosen []role) (routerCtx, othersCtx context.Context, routerEnded func()) {
	routerCtx, stopRouter := context.WithCancel(failed)
	othersCtx, stopOthers := context.WithCancel(failed)
	context.AfterFunc(ctx, stopRouter)
	if !slices.ContainsFunc(chosen, func(r role) bool { return r.name == routerRole }) {
		context.AfterFunc(ctx, stopOthers)
	}
	return routerCtx, othersCtx, stopOthers
}
