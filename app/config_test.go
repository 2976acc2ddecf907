package app

import (
	"bytes"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cartograph/internal/settings"
)

// variables are the names of everything that can be configured.
func variables() []string { return settings.Variables(Config{}) }

func TestNoVariableIsDefinedTwice(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	settings.Each(Config{}, func(name, _ string) {
		if seen[name] {
			t.Errorf("%s is defined twice", name)
		}
		seen[name] = true
	})
}

func TestEveryFieldCanBeConfigured(t *testing.T) {
	t.Parallel()
	var check func(reflect.Type, string)
	check = func(of reflect.Type, path string) {
		for field := range of.Fields() {
			path := path + "." + field.Name
			switch {
			case !field.IsExported():
			case field.Type.Kind() == reflect.Struct && field.Tag.Get("env") == "":
				check(field.Type, path)
			case field.Tag.Get("env") == "" && field.Tag.Get("yaml") == "" && path != ".Services.Notification.SMTPURL": // is SMTP_URL, once for all
				t.Errorf("Config%s has no variable", path)
			}
		}
	}
	check(reflect.TypeFor[Config](), "")
}

func TestConfigIsPrintedAsAnEnvironmentFile(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	cfg := Config{KafkaBrokers: []string{"a:9092", "b:9092"}, InternalTokenSecret: "hunter2"}
	cfg.Order.HoldSeconds = 600
	cfg.User.DatabaseURL = "postgres://user:hunter2@db/user"
	if err := settings.WriteEnvironment(&out, cfg); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	for _, want := range []string{
		"KAFKA_BROKERS=a:9092,b:9092", "ORDER_HOLD_SECONDS=600", "USER_DATABASE_URL=postgres://user:xxxxx@db/user",
		"INTERNAL_TOKEN_SECRET=***", "DEMO=false", "REDIS_URL=",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("%s is not among\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "hunter2") {
		t.Errorf("a secret is shown in\n%s", out.String())
	}
}

func TestABadConfigurationIsRefusedByName(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(*Config)
		want   string // "" if it is good
	}{
		{"the defaults", func(*Config) {}, ""},
		{"a short secret", func(c *Config) { c.InternalTokenSecret = strings.Repeat("s", 31) }, "INTERNAL_TOKEN_SECRET"},
		{"a long secret", func(c *Config) { c.InternalTokenSecret = strings.Repeat("s", 32) }, ""},
		{"Redis without a scheme", func(c *Config) { c.RedisURL = "localhost:6379" }, "REDIS_URL"},
		{"SMTP that is no URL", func(c *Config) { c.SMTPURL = "smtp://shop:hunter2%@mail:25" }, "SMTP_URL"},
		{"a peer without a scheme", func(c *Config) { c.Peers.Cart = "cart:4003" }, "CART_URL"},
		{"a gateway without a host", func(c *Config) { c.Payment.Gateway.URL = "/gateway" }, "PAYMENT_GATEWAY_URL"},
		{"good URLs", func(c *Config) { c.RedisURL, c.Peers.Cart = "redis://r:6379/1", "http://cart:4003" }, ""},
		{"words as a database address", func(c *Config) { c.Cart.DatabaseURL = "host=db dbname=cart" }, ""},
		{"logs in XML", func(c *Config) { c.Log.Format = "xml" }, "LOG_FORMAT"},
		{"no copies", func(c *Config) { c.KafkaReplication = 0 }, "KAFKA_REPLICATION"},
	} {
		cfg := Config{}
		_ = settings.New(&cfg, "")
		tt.change(&cfg)
		err := settings.Check(&cfg)
		switch {
		case (err == nil) != (tt.want == ""):
			t.Errorf("%s: %v, want %q named", tt.name, err, tt.want)
		case err != nil && (!strings.HasPrefix(err.Error(), tt.want+":") || strings.Contains(err.Error(), "hunter2")):
			t.Errorf("%s: %v, want %s named and nothing secret", tt.name, err, tt.want)
		}
	}
}

func TestEveryBadValueOfTheEnvironmentIsNamed(t *testing.T) {
	t.Setenv("ORDER_HOLD_SECONDS", "ten minutes")
	t.Setenv("ORDER_RETRY_STUCK_EVERY", "now and then")
	t.Setenv("DEMO", "perhaps")
	t.Setenv("ROUTER_LIMITS_REQUEST", "long")
	t.Setenv("KAFKA_REPLICATION", "0")
	_, err := ConfigFromEnv()
	if err == nil {
		t.Fatal("ten minutes and perhaps were read")
	}
	for _, want := range []string{
		`ORDER_HOLD_SECONDS: "ten minutes" is not a whole number`, `ORDER_RETRY_STUCK_EVERY: "now and then" is not a duration`,
		`DEMO: "perhaps" is neither true nor false`, `ROUTER_LIMITS_REQUEST: "long" is not a duration`, `KAFKA_REPLICATION: 0 is less than 1`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not contain %s", err, want)
		}
	}
}

// TestTheReadmeNamesVariablesThatExist reads the README's table. A name that
// ends in an underscore stands for the first one of its row with another
// prefix.
func TestTheReadmeNamesVariablesThatExist(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(readme), "| variable |")
	if !found {
		t.Fatal("the README has no table of variables")
	}
	table, _, _ = strings.Cut(table, "\n\n")
	known := variables()
	named := 0
	for row := range strings.Lines(table) {
		var suffix string
		for _, match := range regexp.MustCompile("`([A-Z][A-Z0-9]*_[A-Z0-9_]*|[A-Z]{3,})`").FindAllStringSubmatch(row, -1) {
			name := match[1]
			if suffix == "" {
				_, suffix, _ = strings.Cut(name, "_")
			}
			if strings.HasSuffix(name, "_") {
				name += suffix
			}
			if !slices.Contains(known, name) {
				t.Errorf("the README names %s, which does not exist", name)
			}
			named++
		}
	}
	if named < 20 {
		t.Errorf("found %d names in the README's table, want more", named)
	}
}
