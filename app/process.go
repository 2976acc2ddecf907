package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"github.com/twmb/franz-go/pkg/kgo"

	"cartograph/consumers/notification"
	"cartograph/internal/auth"
	"cartograph/internal/inprocess"
	"cartograph/internal/rpc"
	"cartograph/internal/wakeup"
)

// Paths that one role serves and another is configured with.
const (
	webhookPath = "/webhooks/gateway"
	mediaPath   = "/media"
	inboxPath   = "/inbox/"
	jwksPath    = "/.well-known/jwks.json"
)

// process is what the roles of one process share: addresses, and clients of
// Kafka and Redis.
type process struct {
	cfg           Config
	log           *slog.Logger
	signers       map[string]*auth.Internal // of internal tokens, by role
	kafka         *kgo.Client
	redis         *redis.Client
	http          *http.Client
	inProcess     *inprocess.Transport // of http
	metrics       *prometheus.Registry // of these roles, beside the default registry
	tracer        pgx.QueryTracer      // of SQL; may be nil
	allInOne      bool                 // all roles, with embedded services for those without a URL
	embedded      *embeddedServices    // nil unless all roles run in this process
	instance      string               // name of this replica of its roles
	progress      *progress            // may be nil
	listeners     map[string]net.Listener
	profiles      net.Listener // of DEBUG_LISTEN; may be nil
	operations    net.Listener // of OPERATIONS_LISTEN
	readiness     *readiness
	urls          map[string]string // of the roles in this process
	topicsMissing bool              // Kafka was unreachable at the start
}

func newProcess(cfg Config, log *slog.Logger, chosen []role, opts Options) *process {
	local := inprocess.NewTransport(rpc.NewTransport())
	p := &process{
		cfg: cfg, log: log, http: &http.Client{Transport: local}, inProcess: local, metrics: prometheus.NewRegistry(), tracer: opts.Tracer,
		allInOne: len(opts.Roles) == 0, listeners: map[string]net.Listener{}, urls: map[string]string{}, readiness: newReadiness(chosen),
	}
	p.instance = "0" // the data folder has one process
	if !p.allInOne {
		hostname, _ := os.Hostname()
		p.instance = instanceName(cfg.Instance, hostname)
	}
	if p.allInOne && opts.Out != nil {
		p.progress = newProgress(opts.Out)
	}
	return p
}

// listenAll binds the addresses of all roles before any starts, so that each is
// configured with the URLs of its peers.
func (p *process) listenAll(ctx context.Context, chosen []role) (err error) {
	for _, r := range chosen {
		if err := p.listen(ctx, r); err != nil {
			return err
		}
	}
	if p.cfg.DebugListen != "" {
		if p.profiles, err = bind(ctx, p.cfg.DebugListen); err != nil {
			return fmt.Errorf("DEBUG_LISTEN: %w", err)
		}
	}
	if p.operations, err = bind(ctx, p.cfg.OperationsListen); err != nil {
		return fmt.Errorf("OPERATIONS_LISTEN: %w", err)
	}
	p.fillURLs()
	return p.fillPushKey()
}

// listen binds a role's address: the configured one, else any free one beside
// embedded services, else the role's port. The router keeps its port, since
// people type it. The gateway simulator moves no real money and is not hardened:
// it is on loopback unless an address is configured.
func (p *process) listen(ctx context.Context, r role) error {
	address := *r.listen(&p.cfg)
	if address == "" {
		host, port := "", r.port
		if p.allInOne || r.loopback {
			host = "127.0.0.1"
		}
		if p.allInOne {
			if r.name != routerRole {
				port = 0
			}
		}
		address = net.JoinHostPort(host, strconv.Itoa(port))
	}
	l, err := bind(ctx, address)
	if err != nil {
		return fmt.Errorf("%s_LISTEN: %w", strings.ToUpper(r.name), err)
	}
	p.listeners[r.name] = l
	p.urls[r.name] = "http://" + reachable(l.Addr().(*net.TCPAddr))
	return nil
}

func bind(ctx context.Context, address string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is in use by another program; stop it, or choose another address", address)
	}
	return l, err
}

// expectSteps sets how many roles take part in each step of the start.
func (p *process) expectSteps(chosen []role) {
	migrated, filled := 0, 0
	for _, r := range chosen {
		if r.database != nil {
			migrated++
		}
		if r.demo {
			filled++
		}
	}
	p.progress.expect(migrationsStep, migrated)
	p.progress.expect(demoStep, filled)
}

// reachable is an address that this machine can call: one that listens
// everywhere is called on loopback.
func reachable(a *net.TCPAddr) string {
	if a.IP.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", strconv.Itoa(a.Port))
	}
	return a.String()
}

// fillURLs sets the URLs that the configuration leaves empty.
func (p *process) fillURLs() {
	for _, r := range roles() {
		if r.url == nil {
			continue
		}
		local, ok := p.urls[r.name]
		if !ok {
			local = "http://127.0.0.1:" + strconv.Itoa(r.port)
		}
		url := r.url(&p.cfg)
		*url = cmp.Or(*url, local)
	}
	// The public URL of a router may be that of a proxy in front of it.
	p.cfg.Peers.Router = cmp.Or(p.cfg.Peers.Router, p.urls[routerRole], p.cfg.Router.PublicURL)
	p.cfg.GatewaySim.WebhookURL = cmp.Or(p.cfg.GatewaySim.WebhookURL, p.cfg.Peers.Payment+webhookPath)
	p.cfg.Product.ShopURL = cmp.Or(p.cfg.Product.ShopURL, p.cfg.Notification.ShopURL, p.cfg.Router.PublicURL)
	if p.cfg.Demo && p.cfg.Notification.ShopURL == "" { // the router serves the page
		p.cfg.Notification.UnsubscribeURL = cmp.Or(p.cfg.Notification.UnsubscribeURL, p.cfg.Router.PublicURL+notification.UnsubscribePath)
	}
	p.cfg.Product.MediaURL = cmp.Or(p.cfg.Product.MediaURL, p.cfg.Router.PublicURL+mediaPath)
}

// fillPushKey makes the key of push messages in a demo, and derives its public one.
func (p *process) fillPushKey() (err error) {
	private := &p.cfg.Notification.PushPrivateKey
	if *private == "" && p.cfg.Demo {
		if *private, err = notification.NewPushKey(); err != nil {
			return err
		}
	}
	public, err := notification.PushPublicKey(*private)
	if err != nil {
		return fmt.Errorf("NOTIFICATION_PUSH_PRIVATE_KEY: %w", err)
	}
	p.cfg.User.PushPublicKey = cmp.Or(p.cfg.User.PushPublicKey, public)
	return nil
}

// awaitReady waits until every role of this process is ready; false if ctx
// ended first.
func (p *process) awaitReady(ctx context.Context) bool {
	const pollEvery = 5 * time.Millisecond
	for _, url := range p.urls {
		for !isReady(ctx, url) {
			if !wakeup.Sleep(ctx, pollEvery) {
				return false
			}
		}
	}
	return true
}

func isReady(ctx context.Context, url string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/readyz", http.NoBody)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// close ends what the roles of the process shared, after them: clients first,
// then the embedded services that they used.
func (p *process) close() error {
	for _, l := range p.listeners {
		_ = l.Close() // servers have closed theirs already
	}
	for _, l := range []net.Listener{p.profiles, p.operations} {
		if l != nil {
			_ = l.Close()
		}
	}
	if p.kafka != nil {
		p.kafka.Close()
	}
	if p.redis != nil {
		_ = p.redis.Close()
	}
	if p.embedded != nil {
		return p.embedded.stop()
	}
	return nil
}
