package app

import (
	"strings"
	"testing"

	"cartograph/router/transport"
	"cartograph/schema"
)

// TestTheShopsPoliciesReachTheRouter guards against a table that nothing reads.
// Whether the table is complete is tested beside it.
func TestTheShopsPoliciesReachTheRouter(t *testing.T) {
	t.Parallel()
	cfg, err := ConfigFromEnv()
	if err != nil {
		t.Fatal(err)
	}
	if want := "20:20/120:600"; text(t, cfg.Router.Rate.Fields["userLogin"]) != want {
		t.Errorf("userLogin is limited to %v, want %s", cfg.Router.Rate.Fields["userLogin"], want)
	}
	if want := "6:12"; text(t, cfg.Router.Rate.Fields["passwordChange"]) != want {
		t.Errorf("passwordChange is limited to %v, want %s", cfg.Router.Rate.Fields["passwordChange"], want)
	}
	alone := " " + strings.Join(cfg.Router.Batch.Exclude, " ") + " "
	for name, policy := range schema.Policies {
		if want := policy.Kind == schema.Credentials || policy.Kind == schema.Money; strings.Contains(alone, " "+name+" ") != want {
			t.Errorf("%s is excluded from batches: %v, want %v", name, !want, want)
		}
	}
	for name, want := range map[string]transport.Priority{
		"orderPlace": transport.Highest, "cartLinesAdd": transport.High, "product": transport.Normal,
		"search": transport.Low, "guestSessionCreate": transport.Lowest,
	} {
		if got, ok := cfg.Router.Priorities[name]; !ok || got != want {
			t.Errorf("%s has the priority %v, want %v", name, got, want)
		}
	}
	if cfg.Router.Cost.Anonymous == 0 || cfg.Router.Cost.SignedIn == 0 || !cfg.Router.Rate.Enabled {
		t.Error("operations are limited neither by cost nor by rate")
	}
}

func text(t *testing.T, of interface{ MarshalText() ([]byte, error) }) string {
	t.Helper()
	b, err := of.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
