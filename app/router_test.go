package app

import (
	"strings"
	"testing"

	"cartograph/schema"
)

// TestTheShopsRulesNameMutationsThatExist guards against a mutation that was
// renamed and could then be batched, or asked as often as one likes.
func TestTheShopsRulesNameMutationsThatExist(t *testing.T) {
	t.Parallel()
	cfg, err := ConfigFromEnv()
	if err != nil {
		t.Fatal(err)
	}
	names := cfg.Router.Batch.Alone
	for name := range cfg.Router.Rate.Fields {
		if name != "passwordReset" && name != "passwordResetRequest" { // not offered yet
			names = append(names, name)
		}
	}
	for _, name := range names {
		if !strings.Contains(schema.Supergraph, "\n  "+name+"(") && !strings.Contains(schema.Supergraph, "\n  "+name+":") {
			t.Errorf("the graph has no field %s", name)
		}
	}
	if len(names) < 10 || cfg.Router.Cost.Anonymous == 0 || !cfg.Router.Rate.Enabled {
		t.Error("the shop is not guarded")
	}
}
