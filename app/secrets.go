package app

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Secrets of the gateway simulator in a demo, where they are public.
const (
	demoGatewayKey    = "sk_test_cartograph"
	demoWebhookSecret = "whsec_test_cartograph"
)

// knownPassword was once the default of databases in docker-compose.yml.
const knownPassword = "cartograph"

// A secret is a setting that protects money or identities.
type secret struct {
	name   string
	values []string
	role   string // that requires it; "" if loadKeys refuses a missing one
}

func (c *Config) secrets() []secret {
	return []secret{
		{"INTERNAL_TOKEN_SECRET", []string{c.InternalTokenSecret}, ""},
		{"PAYMENT_GATEWAY_API_KEY", []string{c.Payment.Gateway.APIKey}, "payment"},
		{"PAYMENT_GATEWAY_WEBHOOK_SECRETS", c.Payment.Gateway.WebhookSecrets, "payment"},
		{"GATEWAYSIM_API_KEY", []string{c.GatewaySim.APIKey}, "gatewaysim"},
		{"GATEWAYSIM_WEBHOOK_SECRET", []string{c.GatewaySim.WebhookSecret}, "gatewaysim"},
	}
}

// fillSecrets sets the secrets between payment and the simulator that are not
// configured: in a demo to values that are published, since nothing depends on
// them; where both run in this process to random ones, which no other process
// needs.
func (c *Config) fillSecrets(allInOne bool) {
	gateway, simulator := &c.Payment.Gateway, &c.GatewaySim
	configured := slices.DeleteFunc(slices.Clone(gateway.WebhookSecrets), func(s string) bool { return s == "" })
	key, webhook := demoGatewayKey, demoWebhookSecret
	switch {
	case c.Demo:
	case allInOne:
		key, webhook = rand.Text(), rand.Text()
	default:
		return
	}
	ours := gateway.URL == "" // a real gateway has given out its own
	if ours {
		key = cmp.Or(simulator.APIKey, gateway.APIKey, key)
		webhook = cmp.Or(simulator.WebhookSecret, append(configured, webhook)[0])
	}
	simulator.APIKey, simulator.WebhookSecret = cmp.Or(simulator.APIKey, key), cmp.Or(simulator.WebhookSecret, webhook)
	if ours || c.Demo {
		gateway.APIKey = cmp.Or(gateway.APIKey, key)
		if len(configured) == 0 {
			gateway.WebhookSecrets = []string{webhook}
		}
	}
}

// checkSecrets refuses, outside of a demo, secrets of the chosen roles that are
// missing, or public, because they were published as defaults.
func (c *Config) checkSecrets(chosen []role) error {
	if c.Demo {
		return nil
	}
	runs := func(name string) bool {
		return name == "" || slices.ContainsFunc(chosen, func(r role) bool { return r.name == name })
	}
	var errs []error
	for _, s := range c.secrets() {
		if !runs(s.role) {
			continue
		}
		missing := len(s.values) == 0 || slices.Contains(s.values, "")
		switch {
		case slices.ContainsFunc(s.values, isKnown):
			errs = append(errs, fmt.Errorf("%s: a published default; set a secret of your own, or DEMO=true for a demo", s.name))
		case missing && s.role != "":
			errs = append(errs, fmt.Errorf("%s: not set, and required by %s", s.name, s.role))
		}
	}
	for _, r := range chosen {
		if r.database == nil {
			continue
		}
		u, err := url.Parse(*r.database.url(c))
		if err != nil || u.User == nil {
			continue
		}
		if password, _ := u.User.Password(); password == knownPassword {
			errs = append(errs, fmt.Errorf("%s_DATABASE_URL: its password is a published default; change it, or set DEMO=true for a demo", strings.ToUpper(r.name)))
		}
	}
	return errors.Join(errs...)
}

func isKnown(value string) bool {
	return value == demoGatewayKey || value == demoWebhookSecret || strings.HasPrefix(value, "change-me")
}
