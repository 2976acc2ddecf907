package gatewaysim

import (
	"testing"

	"cartograph/internal/settings"
)

func TestConfigReadsTheEnvironment(t *testing.T) {
	t.Parallel()
	cfg, err := configured(map[string]string{"GATEWAYSIM_CHAOS": "off", "GATEWAYSIM_SLOW": "2s", "GATEWAYSIM_SEED": "9", "GATEWAYSIM_API_KEY": "sk_live_1"})
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Chaos != ChaosOff || cfg.Slow.Seconds() != 2 || cfg.Seed != 9 || cfg.APIKey != "sk_live_1" {
		t.Errorf("config = %+v, want what was set and defaults", cfg)
	}
	for name, bad := range map[string]string{"CHAOS": "wild", "SLOW": "long", "SEED": "-1"} {
		if _, err := configured(map[string]string{"GATEWAYSIM_" + name: bad}); err == nil {
			t.Errorf("%s=%s is accepted, want an error", name, bad)
		}
	}
}

func configured(variables map[string]string) (Config, error) {
	var cfg Config
	r := settings.New(&cfg, "GATEWAYSIM_")
	r.Environment(func(name string) (string, bool) { value, ok := variables[name]; return value, ok })
	return cfg, r.Err()
}
