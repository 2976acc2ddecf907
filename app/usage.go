package app

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"cartograph/internal/auth"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/internal/wakeup"
	"cartograph/router"
)

const (
	usageInterval   = 10 * time.Second
	usageTimeout    = 2 * time.Second
	maxUsageEntries = 5000 // between two reports
	maxUsageName    = 100  // bytes of an operation's name
	otherUsage      = "(other)"
)

// usageSink is the service that stores usage.
type usageSink interface {
	AddUsage(ctx context.Context, req *rpcv1.AddApiClientUsageRequest) (*rpcv1.AddApiClientUsageResponse, error)
}

// clientUsage counts the operations of API clients, and reports them to the user role.
type clientUsage struct {
	sink usageSink
	log  *slog.Logger

	mu    sync.Mutex
	since map[usageKey]*rpcv1.ApiClientUsage // the last report
}

type usageKey struct{ clientID, operation string }

func newClientUsage(sink usageSink, log *slog.Logger) *clientUsage {
	return &clientUsage{sink: sink, log: log, since: map[usageKey]*rpcv1.ApiClientUsage{}}
}

// add counts an operation. While the user role does not answer, the number of names is
// bounded: what is new then counts as other operations, or not at all.
func (u *clientUsage) add(caller auth.Caller, used router.Usage) {
	if caller.Kind != auth.APIClient {
		return
	}
	key := usageKey{caller.ID, used.Operation}
	if len(key.operation) > maxUsageName {
		key.operation = otherUsage
	}
	entry := &rpcv1.ApiClientUsage{ClientId: key.clientID, Operation: key.operation, Requests: 1, Cost: int64(used.Cost)}
	if used.Failed {
		entry.Failures = 1
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.merge(entry)
}

// merge expects the lock.
func (u *clientUsage) merge(entry *rpcv1.ApiClientUsage) {
	key := usageKey{entry.GetClientId(), entry.GetOperation()}
	if u.since[key] == nil && len(u.since) >= maxUsageEntries {
		return
	}
	if known := u.since[key]; known != nil {
		known.Requests += entry.GetRequests()
		known.Failures += entry.GetFailures()
		known.Cost += entry.GetCost()
		return
	}
	u.since[key] = entry
}

// run reports until ctx ends, and once more then.
func (u *clientUsage) run(ctx context.Context) error {
	for wakeup.Sleep(ctx, usageInterval) {
		u.report(ctx)
	}
	u.report(context.WithoutCancel(ctx))
	return nil
}

func (u *clientUsage) report(ctx context.Context) {
	u.mu.Lock()
	taken := u.since
	u.since = map[usageKey]*rpcv1.ApiClientUsage{}
	u.mu.Unlock()
	if len(taken) == 0 {
		return
	}
	req := &rpcv1.AddApiClientUsageRequest{}
	for _, entry := range taken {
		req.Usage = append(req.Usage, entry)
	}
	ctx, cancel := context.WithTimeout(ctx, usageTimeout)
	defer cancel()
	if _, err := u.sink.AddUsage(ctx, req); err != nil {
		u.log.WarnContext(ctx, "usage of API clients not stored, retrying", "err", err)
		u.mu.Lock()
		defer u.mu.Unlock()
		for _, entry := range taken {
			u.merge(entry)
		}
	}
}
