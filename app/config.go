package app

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"cartograph/internal/settings"
)

// Config is every role's configuration, and what they share.
type Config struct {
	// DataDir is where embedded services keep their data.
	DataDir string `env:"DATA_DIR" envDefault:"data"`
	// Demo adds the demo shop and its accounts, once.
	Demo bool `env:"DEMO" envDefault:"false"`
	// Instance names a replica among those of its role. Empty: the ordinal at the
	// end of the hostname, else the hostname.
	Instance string `env:"INSTANCE"`

	Log LogConfig `envPrefix:"LOG_"`

	// OperationsListen is the address of metrics and of /readyz with reasons, for
	// all roles of the process. It must not be public. Default: any free port of
	// this machine, so that processes do not collide; the log has it.
	OperationsListen string `env:"OPERATIONS_LISTEN" envDefault:"127.0.0.1:0"`
	// DebugListen is the address of Go's profiles; empty turns them off. It must
	// not be public.
	DebugListen string `env:"DEBUG_LISTEN"`

	KafkaBrokers     []string `env:"KAFKA_BROKERS"`
	KafkaReplication int16    `env:"KAFKA_REPLICATION" envDefault:"1" min:"1" max:"10"`
	RedisURL         string   `env:"REDIS_URL"`
	SMTPURL          string   `env:"SMTP_URL"`

	Elasticsearch SearchConfig `envPrefix:"ELASTICSEARCH_"`
	// S3URL is the bucket of pictures that are uploaded, with its keys:
	// https://ACCESS_KEY:SECRET_KEY@HOST/BUCKET?region=eu-central-1. Without it the
	// product role accepts no uploads.
	S3URL string `env:"S3_URL"`
	// S3PublicURL is the scheme and host at which clients reach the same server, if
	// that is not the one of S3_URL.
	S3PublicURL string `env:"S3_PUBLIC_URL"`

	// InternalTokenSecret gives roles that trust each other the keys of all of them,
	// which sign the tokens between roles: at least 32 bytes, the same for all.
	InternalTokenSecret string `env:"INTERNAL_TOKEN_SECRET"`
	// InternalPrivateKeys and InternalPublicKeys replace the secret: the private keys
	// of the roles of this process, and the public ones of all. No role can then sign
	// in the name of another. cartograph keys makes them.
	InternalPrivateKeys []string `env:"INTERNAL_PRIVATE_KEYS" secret:"true"`
	InternalPublicKeys  []string `env:"INTERNAL_PUBLIC_KEYS"`

	Services
	Peers Peers
}

// LogConfig is how much is logged, and in which form.
type LogConfig struct {
	Level  string `env:"LEVEL"  envDefault:"info"`
	Format string `env:"FORMAT" envDefault:"text" oneof:"text|json"`
	// Ship sends the records to the logging role as well, where there is Kafka.
	Ship bool `env:"SHIP" envDefault:"true"`
}

// ConfigFromEnv reads the environment over the defaults. Every bad value is
// named by its variable.
func ConfigFromEnv() (Config, error) { return configFrom(os.LookupEnv) }

func configFrom(lookup func(string) (string, bool)) (Config, error) {
	cfg := Config{}
	reader := settings.New(&cfg, "")
	setPolicies(&cfg.Router)
	reader.Environment(lookup)
	reader.Check()
	return cfg, reader.Err()
}

// checkFor checks a configuration for the roles of one process. Values of two
// roles are compared only if both run here: elsewhere, each process has only
// its own.
func (c *Config) checkFor(chosen []role) error {
	errs := []error{settings.Check(c)}
	runs := func(name string) bool {
		return slices.ContainsFunc(chosen, func(r role) bool { return r.name == name })
	}
	if c.Router.Operations != "" && runs(routerRole) {
		errs = append(errs, errors.New("ROUTER_OPERATIONS: is for a standalone router; set OPERATIONS_LISTEN, which all roles of a process share"))
	}
	if limit := c.Router.Limits.Subgraph; runs(routerRole) {
		const format = "%s: %s is not shorter than ROUTER_LIMITS_SUBGRAPH, %s: the router would give up first"
		if c.Order.QueueTimeout >= limit && runs("order") {
			errs = append(errs, fmt.Errorf(format, "ORDER_QUEUE_TIMEOUT", c.Order.QueueTimeout, limit))
		}
		if c.Payment.Wait >= limit && runs("payment") {
			errs = append(errs, fmt.Errorf(format, "PAYMENT_WAIT", c.Payment.Wait, limit))
		}
	}
	return errors.Join(errs...)
}

// Validate checks the rules that tags cannot express.
func (c *Config) Validate(report func(path, format string, args ...any)) {
	settings.Each(c, func(variable, value string) {
		if !strings.HasSuffix(variable, "_URL") || strings.HasSuffix(variable, "DATABASE_URL") ||
			strings.HasPrefix(variable, "ROUTER_") || value == "" {
			return // pgx has other forms and checks them; the router's fields have their own format
		}
		if u, err := url.Parse(value); err != nil || u.Host == "" {
			report(variable, "not a URL with a scheme and a host") // it may hold a password
		}
	})
	if n := len(c.InternalTokenSecret); n > 0 && n < 32 {
		report("INTERNAL_TOKEN_SECRET", "%d bytes, at least 32 are needed", n)
	}
}
