//go:build linux

package chaos

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"cartograph/app"
)

// fault breaks something and mends it again.
type fault struct {
	at      time.Duration // after the first purchase
	kind    string
	target  string // a replica, a role, a link or a service
	lasting time.Duration
}

func (f fault) String() string {
	return fmt.Sprintf("%6s %s %s for %s", f.at.Round(100*time.Millisecond), f.kind, f.target, f.lasting.Round(100*time.Millisecond))
}

// A mend ends a fault.
type mend func(context.Context) error

// A kind of fault: how often it comes, what it can hit, how long it lasts.
type kind struct {
	weight   int
	name     string
	targets  func(replicas int) []string
	from, to time.Duration
	strike   func(context.Context, *shop, string) (mend, error)
}

func kinds() []kind {
	only := func(name string) func(int) []string { return func(int) []string { return []string{name} } }
	return []kind{
		{24, "kill", replicaNames, 0, 3 * time.Second, killReplica},
		{6, "kill all of", anyRole, 0, 3 * time.Second, killRole},
		{12, "pause", replicaNames, 2 * time.Second, 8 * time.Second, pauseReplica},
		{9, "abort", only("postgres"), 0, 3 * time.Second, abortPostgres},
		{8, "kill", only("kafka"), 0, 10 * time.Second, killBroker},
		{5, "pause", only("kafka"), 2 * time.Second, 8 * time.Second, pauseBroker},
		{4, "flush", only("redis"), 0, 0, flushRedis},
		{12, "cut the link to", anyLink, 500 * time.Millisecond, 5 * time.Second, cutLink},
		{10, "silence the link to", anyLink, 2 * time.Second, 8 * time.Second, silenceLink},
		{6, "slow the link to", anyLink, 2 * time.Second, 6 * time.Second, slowLink},
		{5, "fill the disk of", only("postgres"), 2 * time.Second, 6 * time.Second, fillDisk},
	}
}

func replicaNames(replicas int) (names []string) {
	for _, role := range app.Names() {
		for n := range replicas {
			names = append(names, fmt.Sprintf("%s-%d", role, n))
		}
	}
	return names
}

func anyRole(int) []string { return app.Names() }

// anyLink are the links to roles and services, but not that of customers to the
// router.
func anyLink(int) []string {
	names := slices.DeleteFunc(app.Names(), func(role string) bool {
		return slices.Contains([]string{"router", "notification", "searchindex"}, role)
	})
	return append(names, "postgres", "redis", "mail")
}

// schedule draws n faults, the same for the same random numbers.
func schedule(r *rand.Rand, n, replicas int, every time.Duration) []fault {
	all, total := kinds(), 0
	for _, k := range all {
		total += k.weight
	}
	var faults []fault
	at := time.Duration(0)
	for range n {
		at += every/2 + time.Duration(r.Int64N(int64(every)))
		drawn := r.IntN(total)
		i := slices.IndexFunc(all, func(k kind) bool { drawn -= k.weight; return drawn < 0 })
		targets := all[i].targets(replicas)
		f := fault{at: at, kind: all[i].name, target: targets[r.IntN(len(targets))], lasting: all[i].from}
		if spread := all[i].to - all[i].from; spread > 0 {
			f.lasting += time.Duration(r.Int64N(int64(spread)))
		}
		faults = append(faults, f)
	}
	return faults
}

// strike causes each fault at its time, and returns when all are mended. Faults of
// one target do not overlap; others may.
func (s *shop) strike(ctx context.Context, faults []fault, log func(string, ...any)) {
	var running sync.WaitGroup
	var mu sync.Mutex
	targets := map[string]*sync.Mutex{}
	began := time.Now()
	for _, f := range faults {
		mu.Lock()
		target := targets[f.target]
		if target == nil {
			target = &sync.Mutex{}
			targets[f.target] = target
		}
		mu.Unlock()
		running.Go(func() {
			time.Sleep(time.Until(began.Add(f.at))) // the schedule, not a wait for a condition
			target.Lock()
			defer target.Unlock()
			i := slices.IndexFunc(kinds(), func(k kind) bool {
				return k.name == f.kind && slices.Contains(k.targets(len(s.replicas["order"])), f.target)
			})
			mend, err := kinds()[i].strike(ctx, s, f.target)
			if err != nil {
				log("%s: %v", f, err)
				return
			}
			log("%s", f)
			time.Sleep(f.lasting) // as above
			if err := mend(ctx); err != nil {
				log("%s, mending: %v", f, err)
			}
		})
	}
	running.Wait()
}

// processes are all replicas by name.
func (s *shop) processes() map[string]*process {
	all := map[string]*process{}
	for _, replicas := range s.replicas {
		for _, p := range replicas {
			all[p.name] = p
		}
	}
	return all
}

func killReplica(_ context.Context, s *shop, name string) (mend, error) {
	p := s.processes()[name]
	p.kill()
	return func(context.Context) error { return p.start() }, nil
}

func killRole(_ context.Context, s *shop, role string) (mend, error) {
	for _, p := range s.replicas[role] {
		p.kill()
	}
	return func(context.Context) error {
		for _, p := range s.replicas[role] {
			if err := p.restart(); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

func pauseReplica(_ context.Context, s *shop, name string) (mend, error) {
	return s.processes()[name].pause()
}

func abortPostgres(_ context.Context, s *shop, _ string) (mend, error) {
	return s.database.recover, s.database.abort() //nolint:contextcheck // a stop has no context
}

func killBroker(_ context.Context, s *shop, _ string) (mend, error) {
	s.broker.kill()
	return func(context.Context) error { return s.broker.start() }, nil
}

func pauseBroker(_ context.Context, s *shop, _ string) (mend, error) { return s.broker.pause() }

func flushRedis(ctx context.Context, s *shop, _ string) (mend, error) {
	client := redis.NewClient(&redis.Options{Addr: s.redis.Addr()})
	defer func() { _ = client.Close() }()
	return func(context.Context) error { return nil }, client.FlushAll(ctx).Err()
}

func cutLink(_ context.Context, s *shop, name string) (mend, error) {
	return s.network.links[name].cut(), nil
}

func silenceLink(_ context.Context, s *shop, name string) (mend, error) {
	return s.network.links[name].silence()
}

func slowLink(_ context.Context, s *shop, name string) (mend, error) {
	return s.network.links[name].slow()
}

func fillDisk(_ context.Context, s *shop, _ string) (mend, error) {
	if !s.database.small {
		return nil, fmt.Errorf("not filled: %w", os.ErrPermission)
	}
	return s.database.free, s.database.fill()
}

// supervise starts processes again that ended by themselves, as a supervisor does,
// until ctx ends.
func (s *shop) supervise(ctx context.Context, log func(string, ...any)) {
	ended := map[string]int{}
	for ctx.Err() == nil {
		for _, name := range slices.Sorted(maps.Keys(s.processes())) {
			p := s.processes()[name]
			crashes := p.crashes()
			if len(crashes) == ended[name] {
				continue
			}
			log("%s ended by itself: %s", name, strings.Join(crashes[ended[name]:], "; "))
			ended[name] = len(crashes)
			if err := p.restart(); err != nil {
				log("%s: %v", name, err)
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(500 * time.Millisecond):
		}
	}
}
