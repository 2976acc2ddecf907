package app

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cartograph/internal/settings"
)

func TestRolesAreChosenByName(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		names []string
		want  []string
		valid bool
	}{
		{nil, Names(), true},
		{[]string{"cart"}, []string{"cart"}, true},
		{[]string{"payment", "router", "cart"}, []string{"payment", "router", "cart"}, true},
		{[]string{"cart", "carts"}, nil, false},
		{[]string{""}, nil, false},
		{[]string{"Cart"}, nil, false},
		{[]string{"cart", "cart"}, nil, false},
	} {
		chosen, err := choose(tt.names)
		if (err == nil) != tt.valid {
			t.Errorf("choose(%q) = %v, want valid %v", tt.names, err, tt.valid)
		}
		var names []string
		for _, r := range chosen {
			names = append(names, r.name)
		}
		if !slices.Equal(names, tt.want) {
			t.Errorf("choose(%q) = %q, want %q", tt.names, names, tt.want)
		}
	}
}

func TestAnUnknownRoleIsRefusedWithTheKnownOnes(t *testing.T) {
	t.Parallel()
	_, err := choose([]string{"carts"})
	if err == nil {
		t.Fatal("carts is no role")
	}
	for _, want := range append(Names(), `"carts"`) {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
}

func TestNoTwoRolesShareANameOrAPort(t *testing.T) {
	t.Parallel()
	names, ports := map[string]bool{}, map[int]string{}
	for _, r := range roles() {
		if names[r.name] || ports[r.port] != "" {
			t.Errorf("%s on %d: taken by %q", r.name, r.port, ports[r.port])
		}
		names[r.name], ports[r.port] = true, r.name
		if !strings.Contains(Usage(), "  "+r.name+" ") {
			t.Errorf("help does not name %s", r.name)
		}
	}
}

// TestEveryRoleIsDeployedAndDescribed compares the table with the files that a
// new role also belongs to.
func TestEveryRoleIsDeployedAndDescribed(t *testing.T) {
	t.Parallel()
	readme, databases := read(t, "../README.md"), read(t, "../deploy/postgres/databases.sql")
	for _, r := range roles() {
		if !regexp.MustCompile("(?m)^\\|.*`" + r.name + "`.*\\|.*\\|$").MatchString(readme) {
			t.Errorf("the README's table of roles does not have %s", r.name)
		}
		if r.database == nil {
			continue
		}
		if r.database.owner == "" && !strings.Contains(databases, "CREATE DATABASE "+databasePrefix+r.name+";") {
			t.Errorf("databases.sql does not create the database of %s", r.name)
		}
	}
}

// TestEveryRoleIsWhole checks the parts that the compiler cannot.
func TestEveryRoleIsWhole(t *testing.T) {
	t.Parallel()
	for _, r := range roles() {
		cfg := Config{}
		if r.description == "" || r.build == nil || r.listen(&cfg) == nil {
			t.Errorf("role %s has no description, builder or address", r.name)
		}
		if r.subgraph && r.url == nil {
			t.Errorf("subgraph %s has no URL", r.name)
		}
		if r.database == nil {
			continue
		}
		*r.database.url(&cfg) = "postgres://own"
		if !slices.Contains(settingsOf(&cfg), strings.ToUpper(r.name)+"_DATABASE_URL=postgres://own") {
			t.Errorf("the database URL of %s is not its own variable", r.name)
		}
		if r.database.migrate == nil {
			t.Errorf("the database of %s has no migrations", r.name)
		}
	}
}

// settingsOf are the lines of an environment file with the configuration.
func settingsOf(cfg *Config) []string {
	var lines []string
	settings.Each(cfg, func(variable, value string) { lines = append(lines, variable+"="+value) })
	return lines
}

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
