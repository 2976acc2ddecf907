package app

import (
	"slices"
	"strings"
	"testing"
)

// own are secrets of this deployment.
var own = []string{
	"INTERNAL_TOKEN_SECRET=" + strings.Repeat("5", 64), "PAYMENT_GATEWAY_API_KEY=sk_live_1", "GATEWAYSIM_API_KEY=sk_live_1",
	"PAYMENT_GATEWAY_WEBHOOK_SECRETS=whsec_live_1", "GATEWAYSIM_WEBHOOK_SECRET=whsec_live_1",
}

func TestAPublishedOrMissingSecretIsRefusedOutsideADemo(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		role    string // "": all in one process
		setting string // beside own secrets; an empty value removes one
		refused string // the variable in the error; "" if it starts
	}{
		{"own secrets", "payment", "", ""},
		{"the published key", "payment", "PAYMENT_GATEWAY_API_KEY=sk_test_cartograph", "PAYMENT_GATEWAY_API_KEY"},
		{"no key", "payment", "PAYMENT_GATEWAY_API_KEY=", "PAYMENT_GATEWAY_API_KEY"},
		{"the published secret of webhooks", "payment", "PAYMENT_GATEWAY_WEBHOOK_SECRETS=whsec_test_cartograph", "PAYMENT_GATEWAY_WEBHOOK_SECRETS"},
		{"the published secret beside another", "payment", "PAYMENT_GATEWAY_WEBHOOK_SECRETS=whsec_live_1,whsec_test_cartograph", "PAYMENT_GATEWAY_WEBHOOK_SECRETS"},
		{"no secret of webhooks", "payment", "PAYMENT_GATEWAY_WEBHOOK_SECRETS=", "PAYMENT_GATEWAY_WEBHOOK_SECRETS"},
		{"the simulator's published key", "gatewaysim", "GATEWAYSIM_API_KEY=sk_test_cartograph", "GATEWAYSIM_API_KEY"},
		{"no key of the simulator", "gatewaysim", "GATEWAYSIM_API_KEY=", "GATEWAYSIM_API_KEY"},
		{"the simulator's published secret", "gatewaysim", "GATEWAYSIM_WEBHOOK_SECRET=whsec_test_cartograph", "GATEWAYSIM_WEBHOOK_SECRET"},
		{"no secret of the simulator", "gatewaysim", "GATEWAYSIM_WEBHOOK_SECRET=", "GATEWAYSIM_WEBHOOK_SECRET"},
		{"another role's key", "cart", "PAYMENT_GATEWAY_API_KEY=sk_test_cartograph", ""},
		{"a placeholder between roles", "cart", "INTERNAL_TOKEN_SECRET=change-me-change-me-change-me-change-me", "INTERNAL_TOKEN_SECRET"},
		{"the published password", "order", "ORDER_DATABASE_URL=postgres://cartograph:cartograph@db/order", "ORDER_DATABASE_URL"},
		{"a password of one's own", "order", "ORDER_DATABASE_URL=postgres://cartograph:hunter2@db/order", ""},
		{"another role's password", "cart", "ORDER_DATABASE_URL=postgres://cartograph:cartograph@db/order", ""},
		{"all in one process", "", "PAYMENT_GATEWAY_API_KEY=sk_test_cartograph", "PAYMENT_GATEWAY_API_KEY"},
		{"all in one process without secrets", "", "PAYMENT_GATEWAY_API_KEY=", ""},
	} {
		for _, demo := range []bool{false, true} {
			settings := slices.Clone(own)
			if demo {
				settings = append(settings, "DEMO=true")
			}
			if tt.setting != "" {
				settings = append(settings, tt.setting)
			}
			cfg, err := configFrom(environment(settings...))
			if err != nil {
				t.Fatalf("%s: %v", tt.name, err)
			}
			var names []string
			if tt.role != "" {
				names = []string{tt.role}
			}
			chosen, err := choose(names)
			if err != nil {
				t.Fatal(err)
			}
			cfg.fillSecrets(tt.role == "")
			err = cfg.checkSecrets(chosen)
			switch {
			case (err == nil) != (tt.refused == "" || demo):
				t.Errorf("%s, demo %t: %v, want %q named", tt.name, demo, err, tt.refused)
			case err != nil && !strings.HasPrefix(err.Error(), tt.refused+":"):
				t.Errorf("%s: %v, want %s named", tt.name, err, tt.refused)
			}
		}
	}
}

func TestPaymentAndTheSimulatorOfOneProcessShareSecrets(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		settings []string
		key      string // "" for a random one
	}{
		{"in a demo", []string{"DEMO=true"}, demoGatewayKey},
		{"without a demo", nil, ""},
		{"with the simulator's key", []string{"GATEWAYSIM_API_KEY=sk_live_1"}, "sk_live_1"},
		{"with payment's key", []string{"PAYMENT_GATEWAY_API_KEY=sk_live_2"}, "sk_live_2"},
	} {
		cfg, err := configFrom(environment(tt.settings...))
		if err != nil {
			t.Fatal(err)
		}
		cfg.fillSecrets(true)
		gateway, simulator := cfg.Payment.Gateway, cfg.GatewaySim
		if gateway.APIKey != simulator.APIKey || !slices.Equal(gateway.WebhookSecrets, []string{simulator.WebhookSecret}) {
			t.Errorf("%s: payment has %q and %q, the simulator %q and %q", tt.name, gateway.APIKey, gateway.WebhookSecrets, simulator.APIKey, simulator.WebhookSecret)
		}
		if tt.key == "" && (len(gateway.APIKey) < 26 || isKnown(gateway.APIKey)) || tt.key != "" && gateway.APIKey != tt.key {
			t.Errorf("%s: the key is %q, want %q or a random one", tt.name, gateway.APIKey, tt.key)
		}
	}
}

// A real gateway gives out its key; a random one would be wrong.
func TestTheKeyOfARealGatewayIsRequired(t *testing.T) {
	t.Parallel()
	cfg, err := configFrom(environment("PAYMENT_GATEWAY_URL=https://gateway.test"))
	if err != nil {
		t.Fatal(err)
	}
	cfg.fillSecrets(true)
	err = cfg.checkSecrets(roles())
	if err == nil || !strings.Contains(err.Error(), "PAYMENT_GATEWAY_API_KEY: not set") || strings.Contains(err.Error(), "GATEWAYSIM") {
		t.Errorf("without a key: %v, want PAYMENT_GATEWAY_API_KEY named alone", err)
	}
}
