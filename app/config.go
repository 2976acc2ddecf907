package app

import (
	"net/url"
	"os"
	"strings"

	"cartograph/consumers/inventory"
	"cartograph/consumers/notification"
	"cartograph/consumers/searchindex"
	"cartograph/gatewaysim"
	"cartograph/internal/settings"
	"cartograph/router/serve"
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

	Log LogConfig `envPrefix:"LOG_"`

	// DebugListen serves Go's profiles; empty: nobody does. Keep it private.
	DebugListen string `env:"DEBUG_LISTEN"`

	KafkaBrokers     []string `env:"KAFKA_BROKERS"`
	KafkaReplication int16    `env:"KAFKA_REPLICATION" envDefault:"1" min:"1"`
	RedisURL         string   `env:"REDIS_URL"`
	SMTPURL          string   `env:"SMTP_URL"`

	// InternalTokenSecret is what our services prove themselves with: at least
	// 32 bytes, the same for all.
	InternalTokenSecret string `env:"INTERNAL_TOKEN_SECRET"`

	Router       serve.Settings      `envPrefix:"ROUTER_"`
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

// LogConfig is how much is logged, and in which form.
type LogConfig struct {
	Level  string `env:"LEVEL"  envDefault:"info"`
	Format string `env:"FORMAT" envDefault:"text" oneof:"text|json"`
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
// named by its variable.
func ConfigFromEnv() (Config, error) {
	cfg := Config{}
	reader := settings.New(&cfg, "")
	shopRules(&cfg.Router)
	reader.Environment(os.LookupEnv)
	reader.Check()
	return cfg, reader.Err()
}

// Validate holds the rules that no tag can tell.
func (c *Config) Validate(report func(path, format string, args ...any)) {
	settings.Each(c, func(variable, value string) {
		if !strings.HasSuffix(variable, "_URL") || strings.HasSuffix(variable, "DATABASE_URL") ||
			strings.HasPrefix(variable, "ROUTER_") || value == "" {
			return // Postgres knows other forms, and reads its own; the router checks its own
		}
		if u, err := url.Parse(value); err != nil || u.Host == "" {
			report(variable, "not a URL with a scheme and a host") // it may hold a password
		}
	})
	if n := len(c.InternalTokenSecret); n > 0 && n < 32 {
		report("INTERNAL_TOKEN_SECRET", "%d bytes, at least 32 are needed", n)
	}
}
