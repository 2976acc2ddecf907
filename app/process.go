package app

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"github.com/twmb/franz-go/pkg/kgo"

	"cartograph/internal/auth"
	"cartograph/internal/rpc"
	"cartograph/internal/wakeup"
)

// Paths that one role serves and another is configured with.
const (
	webhookPath = "/webhooks/gateway"
	mediaPath   = "/media"
	jwksPath    = "/.well-known/jwks.json"
)

// process is what the roles of one process share: addresses, and clients of
// Kafka and Redis.
type process struct {
	cfg           Config
	log           *slog.Logger
	internal      *auth.Internal
	kafka         *kgo.Client
	redis         *redis.Client
	http          *http.Client
	metrics       *prometheus.Registry // of these roles, beside the default registry
	tracer        pgx.QueryTracer      // of SQL; may be nil
	embedded      *embeddedServices    // nil unless all roles run on them
	listeners     map[string]net.Listener
	urls          map[string]string // of the roles in this process
	topicsMissing bool              // Kafka was unreachable at the start
}

// newProcess binds the addresses of all roles before any starts, so that each
// is configured with the URLs of its peers.
func newProcess(ctx context.Context, cfg Config, log *slog.Logger, chosen []role, e *embeddedServices) (*process, error) {
	p := &process{
		cfg: cfg, log: log, embedded: e, http: rpc.NewHTTPClient(), metrics: prometheus.NewRegistry(),
		listeners: map[string]net.Listener{}, urls: map[string]string{},
	}
	if err := p.connect(ctx, chosen); err != nil {
		p.close()
		return nil, err
	}
	for _, r := range chosen {
		if err := p.listen(ctx, r); err != nil {
			p.close()
			return nil, err
		}
	}
	p.fillURLs()
	return p, nil
}

// listen binds a role's address: the configured one, else any free one beside
// embedded services, else the role's port. The router keeps its port, since
// people type it.
func (p *process) listen(ctx context.Context, r role) error {
	address := *r.listen(&p.cfg)
	if address == "" {
		host, port := "", r.port
		if p.embedded != nil {
			host = "127.0.0.1"
			if r.name != routerRole {
				port = 0
			}
		}
		address = net.JoinHostPort(host, strconv.Itoa(port))
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("%s: %w", r.name, err)
	}
	p.listeners[r.name] = l
	p.urls[r.name] = "http://" + reachable(l.Addr().(*net.TCPAddr))
	return nil
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
	p.cfg.GatewaySim.WebhookURL = cmp.Or(p.cfg.GatewaySim.WebhookURL, p.cfg.Peers.Payment+webhookPath)
	p.cfg.Product.MediaURL = cmp.Or(p.cfg.Product.MediaURL, p.cfg.Router.PublicURL+mediaPath)
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

func (p *process) close() {
	for _, l := range p.listeners {
		_ = l.Close() // servers have closed theirs already
	}
	if p.kafka != nil {
		p.kafka.Close()
	}
	if p.redis != nil {
		_ = p.redis.Close()
	}
}
