package app

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"cartograph/internal/server"
)

var errStarting = errors.New("it is starting")

// readiness is how ready the roles of a process are.
type readiness struct {
	roles []role
	mu    sync.Mutex
	of    map[string]func(context.Context) server.Status
}

func newReadiness(chosen []role) *readiness {
	return &readiness{roles: chosen, of: map[string]func(context.Context) server.Status{}}
}

// set registers the status of a role that is built.
func (r *readiness) set(name string, status func(context.Context) server.Status) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.of[name] = status
}

// statuses are those of all roles, in their order. They are read at the same
// time: one that waits for its database must not use up the time of the others.
func (r *readiness) statuses(ctx context.Context) []server.Status {
	all := make([]server.Status, len(r.roles))
	var wg sync.WaitGroup
	for i, role := range r.roles {
		r.mu.Lock()
		status := r.of[role.name]
		r.mu.Unlock()
		if status == nil {
			all[i].Err = errStarting
		} else {
			wg.Go(func() { all[i] = status(ctx) })
		}
	}
	wg.Wait()
	for i, role := range r.roles {
		all[i].Name = role.name
	}
	return all
}

// serveOperations serves operators until ctx ends: probes with reasons, metrics
// and, on embedded services, the inbox. The mails in it sign accounts in, so
// that the router, which may be public, has the inbox only in a demo.
func (p *process) serveOperations(ctx context.Context) error {
	mux := server.Operations(p.readiness.statuses, prometheus.Gatherers{prometheus.DefaultGatherer, p.metrics})
	if p.embedded != nil && p.embedded.mail != nil {
		mux.Handle(inboxPath, http.StripPrefix("/inbox", p.embedded.mail.Handler()))
	}
	return server.Run(ctx, p.operations, mux, p.log)
}
