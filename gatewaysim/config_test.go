package gatewaysim

import (
	"testing"

	"github.com/caarlos0/env/v11"
)

func TestConfigReadsTheEnvironment(t *testing.T) {
	t.Parallel()
	cfg, err := env.ParseAsWithOptions[Config](env.Options{Prefix: "GATEWAYSIM_", Environment: map[string]string{
		"GATEWAYSIM_CHAOS": "off", "GATEWAYSIM_SLOW": "2s", "GATEWAYSIM_SEED": "9",
	}})
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Chaos != ChaosOff || cfg.Slow.Seconds() != 2 || cfg.Seed != 9 || cfg.APIKey == "" || cfg.WebhookSecret == "" {
		t.Errorf("config = %+v, want what was set and defaults", cfg)
	}
	for name, bad := range map[string]string{"CHAOS": "wild", "SLOW": "long", "SEED": "-1"} {
		_, err := env.ParseAsWithOptions[Config](env.Options{Prefix: "GATEWAYSIM_", Environment: map[string]string{"GATEWAYSIM_" + name: bad}})
		if err == nil {
			t.Errorf("%s=%s is accepted, want an error", name, bad)
		}
	}
}
