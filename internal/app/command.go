package app

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"slices"

	"github.com/redis/go-redis/v9"
)

const usage = `Cartograph is a shop's backend as one GraphQL graph.

  cartograph [flags]             every role in this process; what has no URL is embedded
  cartograph [flags] ROLE …      some roles; each needs the URLs of what it uses
  cartograph migrate [ROLE …]    bring databases up to date and end
  cartograph seed --products N   add N made-up products to the catalogue, with stock
  cartograph config              print the effective configuration, secrets masked
  cartograph help                print this

Flags
  --listen ADDR   where the router listens (ROUTER_LISTEN)
  --data DIR      where the embedded services keep their data (DATA_DIR)

Roles
`

// Main is the program: it does what the arguments say until ctx ends.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("cartograph", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	listen := flags.String("listen", "", "")
	data := flags.String("data", "", "")
	products := flags.Int("products", 0, "")
	words, err := parse(flags, args)
	if err != nil {
		return fmt.Errorf("%w; see cartograph help", err)
	}
	if len(words) > 0 && words[0] == "help" {
		_, err := fmt.Fprint(stdout, usage+Usage())
		return err
	}
	cfg, err := ConfigFromEnv()
	if err != nil {
		return fmt.Errorf("configuration:\n%w", err)
	}
	if *listen != "" {
		cfg.Router.Listen = *listen
	}
	if *data != "" {
		cfg.DataDir = *data
	}
	log, err := newLogger(stderr, cfg)
	if err != nil {
		return err
	}
	redis.SetLogger(redisLog{log})
	switch {
	case len(words) == 0:
		return Run(ctx, cfg, log, Options{Out: stdout})
	case words[0] == "config":
		return PrintConfig(stdout, cfg)
	case words[0] == "migrate":
		return Migrate(ctx, cfg, log, words[1:])
	case words[0] == "seed":
		return Seed(ctx, cfg, stderr, *products)
	default:
		return Run(ctx, cfg, log, Options{Roles: words, Out: stdout})
	}
}

// parse takes flags from anywhere among the words.
func parse(flags *flag.FlagSet, args []string) (words []string, err error) {
	for {
		if err := flags.Parse(args); err != nil {
			if slices.Contains(args, "-h") || slices.Contains(args, "--help") {
				return []string{"help"}, nil
			}
			return nil, err
		}
		if flags.NArg() == 0 {
			return words, nil
		}
		words, args = append(words, flags.Arg(0)), flags.Args()[1:]
	}
}

func newLogger(w io.Writer, cfg Config) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.LogLevel)); err != nil {
		return nil, fmt.Errorf("LOG_LEVEL: %w", err)
	}
	options := &slog.HandlerOptions{Level: level}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return slog.New(slog.NewTextHandler(w, options)), nil
}

// redisLog is where the Redis client's remarks go. Nobody needs Redis, so that
// they are worth little.
type redisLog struct{ log *slog.Logger }

func (l redisLog) Printf(ctx context.Context, format string, args ...any) {
	l.log.DebugContext(ctx, "redis", "says", fmt.Sprintf(format, args...))
}
