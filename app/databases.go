package app

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/embedded/postgres"
	"cartograph/internal/pg"
)

// roleDatabases are the databases of roles for a command that works on them,
// whether the roles run or not.
type roleDatabases struct {
	roles   []role                   // that have one, in the order of their choice
	pools   map[string]*pgxpool.Pool // by role
	cluster *postgres.Cluster        // started for the command; may be nil
}

// openDatabases connects to the databases of the chosen roles. One without a URL is
// that of the embedded cluster of the data folder, which is started for the command
// unless it runs, and never created: without a cluster, a role without a URL is left
// out.
func openDatabases(ctx context.Context, cfg Config, chosen []role) (d *roleDatabases, err error) {
	d = &roleDatabases{pools: map[string]*pgxpool.Pool{}}
	defer func() { //nolint:contextcheck // also after ctx has ended
		if err != nil {
			d.close()
		}
	}()
	if d.cluster, err = findDatabases(ctx, &cfg, chosen); err != nil {
		return d, err
	}
	for _, r := range chosen {
		url := *r.database.url(&cfg)
		if url == "" {
			continue
		}
		pool, err := pg.Open(ctx, url, nil, r.database.options...)
		if err != nil {
			return d, fmt.Errorf("%s: %w", r.name, err)
		}
		d.roles, d.pools[r.name] = append(d.roles, r), pool
	}
	return d, nil
}

func (d *roleDatabases) close() {
	for _, pool := range d.pools {
		pool.Close()
	}
	if d.cluster != nil {
		_ = d.cluster.Stop()
	}
}

// findDatabases fills the URLs of the chosen roles that are empty, and returns the
// cluster if it was started for that.
func findDatabases(ctx context.Context, cfg *Config, chosen []role) (started *postgres.Cluster, err error) {
	shareDatabases(cfg)
	isEmpty := func(r role) bool { return *r.database.url(cfg) == "" }
	if !slices.ContainsFunc(chosen, isEmpty) {
		return nil, nil
	}
	dir := filepath.Join(cfg.DataDir, postgresDir)
	if _, err := os.Stat(dir); err != nil {
		if slices.ContainsFunc(chosen, func(r role) bool { return !isEmpty(r) }) {
			return nil, nil
		}
		return nil, fmt.Errorf("no database URL is set, and there is no embedded one: %w", err)
	}
	cluster, err := postgres.Attach(dir)
	if err != nil {
		if cluster, err = postgres.Start(ctx, postgres.Config{Dir: dir}); err != nil {
			return nil, fmt.Errorf("start the embedded Postgres: %w", err)
		}
		started = cluster
	}
	fillDatabaseURLs(cfg, cluster)
	return started, nil
}

// DatabaseURLs are the settings of databases by role, without those of roles that work
// on another's.
func DatabaseURLs(cfg *Config) map[string]*string {
	all := map[string]*string{}
	for _, r := range roles() {
		if r.database != nil && r.database.owner == "" {
			all[r.name] = r.database.url(cfg)
		}
	}
	return all
}

// Listeners are the settings of addresses by role.
func Listeners(cfg *Config) map[string]*string {
	all := map[string]*string{}
	for _, r := range roles() {
		all[r.name] = r.listen(cfg)
	}
	return all
}

// databases are the URLs of the roles' databases by the name that each has in
// the embedded cluster.
func databases(cfg *Config) map[string]*string {
	all := map[string]*string{}
	for role, url := range DatabaseURLs(cfg) {
		all[databasePrefix+role] = url
	}
	return all
}

// fillDatabaseURLs sets the URLs that are empty to those of the embedded cluster.
func fillDatabaseURLs(cfg *Config, cluster *postgres.Cluster) {
	for name, url := range databases(cfg) {
		if *url == "" {
			*url = cluster.URL(name)
		}
	}
	shareDatabases(cfg)
}

// shareDatabases gives roles that work on another's database the URL of that
// one, unless they have their own.
func shareDatabases(cfg *Config) {
	all := databases(cfg)
	for _, r := range roles() {
		if r.database != nil && r.database.owner != "" {
			url := r.database.url(cfg)
			*url = cmp.Or(*url, *all[databasePrefix+r.database.owner])
		}
	}
}
