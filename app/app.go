// Package app assembles the roles that cartograph can play and runs them.
//
// It is the only package that knows every other one. A role is built by hand
// from its parts in a file of its own; reading that file is reading the
// service's dependencies.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

// A role is a part of the system that can run as a process of its own.
type role struct {
	name  string
	does  string
	port  int // on which it listens unless told otherwise
	needs need
	run   func(context.Context, *host) error
}

const routerRole = "router"

// roles in the order that `cartograph help` shows them. Nothing depends on
// it: every role bears its peers starting after it.
func roles() []role {
	return []role{
		{routerRole, "the one graph that clients see", 4000, 0, runRouter},
		{"user", "the user subgraph: accounts, sessions, addresses", 4001, needsKafka, runUser},
		{"product", "the product subgraph: catalogue and search", 4002, needsKafka, runProduct},
		{"cart", "the cart subgraph: what customers intend to buy", 4003, needsKafka | needsRedis, runCart},
		{"order", "the order subgraph: checkouts, orders, the purchase's steps", 4004, needsKafka, runOrder},
		{"payment", "the payment subgraph: money and its ledger", 4005, needsKafka, runPayment},
		{"inventory", "stock and holds", 4006, needsKafka, runInventory},
		{"notification", "mails", 4007, needsKafka, runNotification},
		{"searchindex", "keeps search documents current", 4008, needsKafka, runSearchIndex},
		{"gatewaysim", "the payment gateway's stand-in", 4010, 0, runGatewaySim},
	}
}

// Options are what the command line says beyond the configuration.
type Options struct {
	Roles []string  // none: all of them, on embedded stand-ins where no URL is given
	Out   io.Writer // where the start banner goes
	Ready func(Endpoints)
	// Tracer sees every SQL statement of every role; may be nil.
	Tracer pgx.QueryTracer
}

// Endpoints are where a started system can be reached.
type Endpoints struct {
	GraphQL string
	Inbox   string            // the mail catcher's page; empty with a real SMTP server
	Roles   map[string]string // base URL by role
}

// Run plays the roles until ctx ends or one of them fails.
func Run(ctx context.Context, cfg Config, log *slog.Logger, opts Options) (err error) {
	began := time.Now()
	play, err := choose(opts.Roles)
	if err != nil {
		return err
	}
	var standins *standins
	if len(opts.Roles) == 0 {
		if standins, err = startStandins(ctx, &cfg, log); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, standins.stop()) }() //nolint:contextcheck // ctx has ended by then
	}
	system, err := newSystem(ctx, cfg, log, play, standins)
	if err != nil {
		return err
	}
	defer system.close()
	system.tracer = opts.Tracer
	g, failed := errgroup.WithContext(context.WithoutCancel(ctx))
	front, back, routerEnded := stopInTurn(ctx, failed, play)
	for _, r := range play {
		g.Go(func() error {
			ctx := back
			if r.name == routerRole {
				ctx = front
				defer routerEnded()
			}
			if err := r.run(ctx, system.host(r)); err != nil {
				return fmt.Errorf("%s: %w", r.name, err)
			}
			return nil
		})
	}
	if cfg.DebugListen != "" {
		g.Go(func() error { return serveProfiles(back, cfg.DebugListen, log) })
	}
	if standins != nil {
		g.Go(func() error { return standins.watch(back) })
	}
	if system.noTopics {
		g.Go(func() error { return system.createTopicsLate(back) })
	}
	g.Go(func() error {
		if system.awaitReady(back) { // else a role says why
			debug.FreeOSMemory() // what only starting needed, some 20 MB
			system.announce(back, opts, time.Since(began))
		}
		return nil
	})
	return g.Wait()
}

// stopInTurn returns the context of the router and that of the roles behind it.
// When ctx ends the router stops first, and what it began is still answered;
// the others stop when it has ended, or at once where no router is played.
// Everything stops when one role has failed.
func stopInTurn(ctx, failed context.Context, play []role) (front, back context.Context, routerEnded func()) {
	front, stopFront := context.WithCancel(failed)
	back, stopBack := context.WithCancel(failed)
	context.AfterFunc(ctx, stopFront)
	if !slices.ContainsFunc(play, func(r role) bool { return r.name == routerRole }) {
		context.AfterFunc(ctx, stopBack)
	}
	return front, back, stopBack
}

func choose(names []string) ([]role, error) {
	all := roles()
	if len(names) == 0 {
		return all, nil
	}
	var chosen []role
	for n, name := range names {
		i := slices.IndexFunc(all, func(r role) bool { return r.name == name })
		if i < 0 {
			return nil, fmt.Errorf("no role %q; there are: %s", name, strings.Join(Names(), ", "))
		}
		if slices.Index(names, name) < n {
			return nil, fmt.Errorf("role %q is named twice", name)
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// Names lists every role.
func Names() []string {
	var names []string
	for _, r := range roles() {
		names = append(names, r.name)
	}
	return names
}

// Usage describes every role, a line each.
func Usage() string {
	var b strings.Builder
	for _, r := range roles() {
		fmt.Fprintf(&b, "  %-13s %s (port %d)\n", r.name, r.does, r.port)
	}
	return b.String()
}
