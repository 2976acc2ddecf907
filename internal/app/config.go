package app

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"reflect"
	"strings"

	"github.com/caarlos0/env/v11"

	"cartograph/consumers/inventory"
	"cartograph/consumers/notification"
	"cartograph/consumers/searchindex"
	"cartograph/gatewaysim"
	"cartograph/subgraphs/cart"
	"cartograph/subgraphs/order"
	"cartograph/subgraphs/payment"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/user"
)

// Config is every role's configuration, and what they share.
type Config struct {
	// DataDir is where the embedded stand-ins keep their data.
	DataDir string `env:"DATA_DIR" envDefault:"data"`
	// Demo fills empty databases with the demo shop and its people.
	Demo bool `env:"DEMO" envDefault:"false"`
	// Instance tells replicas of a role apart: its ordinal, "0", "1" …
	Instance string `env:"INSTANCE" envDefault:"0"`

	LogLevel  string `env:"LOG_LEVEL"  envDefault:"info"`
	LogFormat string `env:"LOG_FORMAT" envDefault:"text"`

	// DebugListen serves Go's profiles; empty: nobody does. Keep it private.
	DebugListen string `env:"DEBUG_LISTEN"`

	KafkaBrokers     []string `env:"KAFKA_BROKERS"`
	KafkaReplication int16    `env:"KAFKA_REPLICATION" envDefault:"1"`
	RedisURL         string   `env:"REDIS_URL"`
	SMTPURL          string   `env:"SMTP_URL"`

	// InternalTokenSecret is what our services prove themselves with: at least
	// 32 bytes, the same for all.
	InternalTokenSecret string `env:"INTERNAL_TOKEN_SECRET"`

	Router       RouterConfig        `envPrefix:"ROUTER_"`
	User         user.Config         `envPrefix:"USER_"`
	Product      product.Config      `envPrefix:"PRODUCT_"`
	Cart         cart.Config         `envPrefix:"CART_"`
	Order        order.Config        `envPrefix:"ORDER_"`
	Payment      payment.Config      `envPrefix:"PAYMENT_"`
	Inventory    inventory.Config    `envPrefix:"INVENTORY_"`
	Notification notification.Config `envPrefix:"NOTIFICATION_"`
	SearchIndex  searchindex.Config  `envPrefix:"SEARCHINDEX_"`
	GatewaySim   gatewaysim.Config   `envPrefix:"GATEWAYSIM_"`

	// Peers are where the roles find each other.
	Peers Peers
}

// RouterConfig is what the router role needs to be told.
type RouterConfig struct {
	Listen         string   `env:"LISTEN"`
	SupergraphFile string   `env:"SUPERGRAPH_FILE"` // empty: the built-in one
	Introspection  bool     `env:"INTROSPECTION" envDefault:"true"`
	Origins        []string `env:"ORIGINS"`      // that browsers may ask from; none: any
	PublicURL      string   `env:"PUBLIC_URL"`   // where clients find it
	ShowFetches    bool     `env:"SHOW_FETCHES"` // tell in X-Subgraph-Requests how many an operation took
}

// Peers are the base URLs of roles. Of a role that runs in the same process it
// is that one's; otherwise the default is the role's port on this machine.
type Peers struct {
	User      string `env:"USER_URL"`
	Product   string `env:"PRODUCT_URL"`
	Cart      string `env:"CART_URL"`
	Order     string `env:"ORDER_URL"`
	Payment   string `env:"PAYMENT_URL"`
	Inventory string `env:"INVENTORY_URL"`
}

// ConfigFromEnv reads the environment over the defaults. Every bad value is
// named.
func ConfigFromEnv() (Config, error) {
	cfg, err := env.ParseAs[Config]()
	if err == nil {
		return cfg, cfg.validate()
	}
	var all env.AggregateError
	if !errors.As(err, &all) {
		return cfg, err
	}
	return cfg, errors.Join(all.Errors...)
}

func (c *Config) validate() error {
	var bad []error
	for _, s := range settings(reflect.ValueOf(*c), "") {
		if !strings.HasSuffix(s.name, "_URL") || strings.HasSuffix(s.name, "DATABASE_URL") || s.value == "" {
			continue // Postgres knows other forms, and reads its own
		}
		if u, err := url.Parse(s.value); err != nil || u.Host == "" {
			bad = append(bad, fmt.Errorf("%s: not a URL with a scheme and a host", s.name)) // it may hold a password
		}
	}
	if n := len(c.InternalTokenSecret); n > 0 && n < 32 {
		bad = append(bad, fmt.Errorf("INTERNAL_TOKEN_SECRET: %d bytes, at least 32 are needed", n))
	}
	if c.LogFormat != "text" && c.LogFormat != "json" {
		bad = append(bad, fmt.Errorf("LOG_FORMAT: %q is neither text nor json", c.LogFormat))
	}
	if c.KafkaReplication < 1 {
		bad = append(bad, fmt.Errorf("KAFKA_REPLICATION: %d is not a number of copies", c.KafkaReplication))
	}
	return errors.Join(bad...)
}

// read returns a file's content.
func read(file string) (string, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", file, err)
	}
	return strings.TrimSpace(string(content)), nil
}
