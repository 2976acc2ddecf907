package app

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"cartograph/internal/embedded/postgres"
	"cartograph/internal/pgtest"
)

// With one external database the others are still those of the data folder, whether
// their cluster runs or not.
func TestCommandsWorkOnExternalAndEmbeddedDatabases(t *testing.T) {
	t.Parallel()
	cfg := Config{DataDir: t.TempDir()}
	cfg.Order.DatabaseURL = pgtest.URL(t, fstest.MapFS{})
	isExternal := func(name string) bool { return name != "" && strings.Contains(cfg.Order.DatabaseURL, name) }
	chosen := []role{roleNamed(t, "product"), roleNamed(t, "order"), roleNamed(t, "searchindex")}
	open := func() map[string]string {
		t.Helper()
		d, err := openDatabases(t.Context(), cfg, chosen)
		if err != nil {
			t.Fatal(err)
		}
		defer d.close()
		found := map[string]string{}
		for name, pool := range d.pools {
			found[name] = pool.Config().ConnConfig.Database
		}
		if len(d.roles) != len(found) {
			t.Errorf("%d roles have %v", len(d.roles), found)
		}
		return found
	}
	if found := open(); len(found) != 1 || !isExternal(found["order"]) {
		t.Errorf("without a data folder: %v, want that of order only", found)
	}
	cluster, err := postgres.Start(t.Context(), postgres.Config{Dir: filepath.Join(cfg.DataDir, postgresDir), Databases: []string{"cartograph_product"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, state := range []string{"runs", "stands still"} {
		found := open()
		if found["product"] != "cartograph_product" || found["searchindex"] != "cartograph_product" || !isExternal(found["order"]) || len(found) != 3 {
			t.Errorf("while the cluster %s: %v, want all three", state, found)
		}
		if state == "runs" {
			if err := cluster.Stop(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := postgres.Attach(filepath.Join(cfg.DataDir, postgresDir)); err == nil {
		t.Error("the cluster that was started for a command still runs")
	}
	if d, err := openDatabases(t.Context(), cfg, append(slices.Clone(chosen), roleNamed(t, "inventory"))); err == nil || !strings.HasPrefix(err.Error(), "inventory: ") {
		t.Errorf("%v, %v, want the missing database named", d, err)
	}
}
