package app

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/redis/go-redis/v9"

	"cartograph/internal/settings"
)

const usage = `Cartograph is an e-commerce backend behind one GraphQL graph.

  cartograph [flags]             every role in this process; services without a URL are embedded
  cartograph [flags] ROLE …      some roles; each needs the URLs of the services that it uses
  cartograph router --supergraph FILE [--listen ADDR] [--override-url NAME=URL …]
                                 a standalone router for any Federation 2 supergraph
  cartograph plan [--supergraph FILE] [--variables JSON] [--operation NAME] OPERATION.graphql
                                 print the router's plan for an operation, and its cost
  cartograph migrate [ROLE …]    bring databases up to date and exit
  cartograph catalog import FILE [--dry-run] [--format csv|jsonl] [--seller ADDRESS] [--only-known] [--delete-variants] [--refresh-images]
                                 create and change products as a file lists them, - for standard input
  cartograph catalog export [FILE] [--format csv|jsonl]
                                 write all products to a file or to standard output
  cartograph search rebuild      fill a new search index from the event log, while the old one is searched, and swap them
  cartograph seed --products N   add N generated products to the catalogue, with stock
  cartograph admin create --email ADDRESS [--name NAME]
                                 create an administrator; the password is read from the terminal or standard input
  cartograph admin reset-second-factor --user ID
                                 let a user sign in by the password alone, who has lost the authenticator
  cartograph user export ID      print what all services have of a user, as JSON
  cartograph user erase ID       delete an account and its personal data in all services
  cartograph deadletters list [--role ROLE] [--topic TOPIC] [--limit N]
                                 list events that could not be handled
  cartograph deadletters show ID …
                                 print events; an ID is ROLE/NUMBER
  cartograph deadletters replay|discard ID … | --all [--role ROLE] [--topic TOPIC]
                                 handle events once more, or never
  cartograph logs [--service ROLE] [--level info] [--text WORDS] [--order NUMBER] [--trace ID] [--since 1h] [--lines N] [--follow]
                                 print stored log records of all roles
  cartograph logs errors [--since 24h] [--service ROLE]
                                 print the kinds of warnings and errors
  cartograph orders show NUMBER  print what all databases, the gateway and the event log have of an order, by time
  cartograph events tail [--topic TOPIC] [--subject ID] [--since 1h] [--lines N] [--follow]
                                 print the last events of the log, without their data
  cartograph check [--grace 30s] compare what the roles, the gateway and the event log have; exit with 1 if they differ
  cartograph config              print the effective configuration, secrets masked
  cartograph keys                print new keys: for the tokens between roles, one for each role, and for secrets of second factors
  cartograph health [ROLE …]     exit with 0 if the roles of this machine are ready; without names, the router
  cartograph version             print the version and what it was built from
  cartograph help                print this

Flags
  --listen ADDR   address of the router (ROUTER_LISTEN)
  --data DIR      data folder of the embedded services (DATA_DIR)

Flags of a standalone router
  --supergraph FILE        the composed schema (ROUTER_SUPERGRAPH)
  --override-url NAME=URL  a subgraph's address in place of the schema's; may be repeated
  --config FILE            settings; router/router.example.yaml shows all
  --check                  check configuration and supergraph, and exit

Roles
`

// Main runs the command of the arguments until ctx ends.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	c, err := commandOf(args)
	if err != nil {
		return fmt.Errorf("%w; see cartograph help", err)
	}
	if c.is("help") {
		_, err := fmt.Fprint(stdout, usage+Usage())
		return err
	}
	if c.is("keys") {
		return printKeys(stdout)
	}
	if c.is("version") {
		return printVersion(stdout)
	}
	if c.is("plan") {
		return c.plan.run(ctx, c.words[1:], c.router.source.Supergraph, stdout)
	}
	if alone := c.router; alone.given() {
		return alone.run(ctx, c.words, stdout, stderr)
	}
	return c.run(ctx, stdout, stderr)
}

// command is a parsed command line.
type command struct {
	words    []string
	data     string
	products int
	router   standalone
	plan     planning
	letters  deadLetters
	checking checking
	logs     logSearch
	events   eventTail
	admin    administration
	files    catalogueFiles
}

func commandOf(args []string) (command, error) {
	var c command
	flags := flag.NewFlagSet("cartograph", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&c.data, "data", "", "")
	flags.IntVar(&c.products, "products", 0, "")
	c.router.flags(flags)
	c.plan.flags(flags)
	c.letters.flags(flags)
	c.checking.flags(flags)
	c.logs.flags(flags)
	c.events.flags(flags)
	c.admin.flags(flags)
	c.files.flags(flags)
	showVersion := flags.Bool("version", false, "")
	var err error
	c.words, err = parse(flags, args)
	if *showVersion {
		c.words = []string{"version"}
	}
	return c, err
}

func (c *command) is(word string) bool { return len(c.words) > 0 && c.words[0] == word }

// run executes the commands of the whole system.
func (c *command) run(ctx context.Context, stdout, stderr io.Writer) error {
	cfg, err := ConfigFromEnv()
	if err != nil {
		return fmt.Errorf("configuration:\n%w", err)
	}
	cfg.Router.Listen = cmp.Or(c.router.source.Listen, cfg.Router.Listen)
	cfg.DataDir = cmp.Or(c.data, cfg.DataDir)
	log, err := newLogger(stderr, cfg.Log)
	if err != nil {
		return err
	}
	redis.SetLogger(redisLog{log})
	warnOfUnknown(ctx, &Config{}, log)
	switch {
	case len(c.words) == 0:
		limitMemory(ctx, memlimit.FromCgroup, memoryShareBesidePostgres, log)
		return Run(ctx, cfg, log, Options{Out: stdout})
	case c.is("config"):
		return settings.WriteEnvironment(stdout, cfg)
	case c.is("health"):
		return Health(ctx, cfg, c.words[1:], stdout)
	case c.is("migrate"):
		return Migrate(ctx, cfg, log, c.words[1:])
	case c.is("check"):
		return c.checking.run(ctx, cfg, stdout)
	case c.is("admin"):
		return c.admin.run(ctx, cfg, c.words[1:], os.Stdin, stdout, stderr, log)
	case c.is("user") && len(c.words) > 1 && (c.words[1] == "export" || c.words[1] == "erase"): // else the role
		return runPeople(ctx, cfg, c.words[1:], stdout, log)
	case c.is("logs"):
		return c.logs.run(ctx, cfg, c.words[1:], stdout)
	case c.is("orders"):
		return runOrders(ctx, cfg, c.words[1:], stdout)
	case c.is("events"):
		tail := c.events
		tail.topic, tail.since, tail.lines, tail.follow = c.letters.topic, c.logs.since, c.logs.lines, c.logs.follow
		return tail.run(ctx, cfg, c.words[1:], stdout)
	case c.is("deadletters"):
		return c.letters.run(ctx, cfg, c.words[1:], stdout)
	case c.is("catalog"):
		return c.files.run(ctx, cfg, c.words[1:], os.Stdin, stdout, stderr)
	case c.is("search"):
		return runSearch(ctx, cfg, c.words[1:], stderr)
	case c.is("seed"):
		return Seed(ctx, cfg, stderr, c.products)
	default:
		limitMemory(ctx, memlimit.FromCgroup, memoryShare, log)
		return Run(ctx, cfg, log, Options{Roles: c.words, Out: stdout})
	}
}

// parse accepts flags before, between and after the words.
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

func newLogger(w io.Writer, c LogConfig) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		return nil, fmt.Errorf("LOG_LEVEL: %w", err)
	}
	options := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return slog.New(slog.NewTextHandler(w, options)), nil
}

// warnOfUnknown logs a warning for each variable of the environment that looks
// like a setting of the struct that into points to, and is none.
func warnOfUnknown(ctx context.Context, into any, log *slog.Logger) {
	for _, problem := range settings.New(into, "").Unknown(os.Environ()) {
		log.WarnContext(ctx, problem)
	}
}

// redisLog receives the log of the Redis client, at debug level: Redis is a
// cache, and callers log their own failures.
type redisLog struct{ log *slog.Logger }

func (l redisLog) Printf(ctx context.Context, format string, args ...any) {
	l.log.DebugContext(ctx, "redis client", "message", fmt.Sprintf(format, args...))
}
