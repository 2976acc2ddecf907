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
)

// Paths that one role offers and another is told of.
const (
	webhookPath = "/webhooks/gateway"
	mediaPath   = "/media"
	jwksPath    = "/.well-known/jwks.json"
)

// system is what the roles of this process share: addresses, and clients of
// Kafka and Redis.
type system struct {
	cfg       Config
	log       *slog.Logger
	internal  *auth.Internal
	kafka     *kgo.Client
	redis     *redis.Client
	http      *http.Client
	metrics   *prometheus.Registry // of this system, beside those of the process
	tracer    pgx.QueryTracer      // of SQL; may be nil
	standins  *standins            // nil unless all roles run on them
	listeners map[string]net.Listener
	urls      map[string]string // of the roles in this process
	noTopics  bool              // Kafka was away when we started
}

// newSystem takes the addresses of all roles before any starts, so that each
// knows its peers.
func newSystem(ctx context.Context, cfg Config, log *slog.Logger, play []role, s *standins) (*system, error) {
	sys := &system{cfg: cfg, log: log, standins: s, http: rpc.NewHTTPClient(), metrics: prometheus.NewRegistry(), listeners: map[string]net.Listener{}, urls: map[string]string{}}
	if err := sys.connect(ctx, play); err != nil {
		sys.close()
		return nil, err
	}
	for _, r := range play {
		if err := sys.listen(r); err != nil {
			sys.close()
			return nil, err
		}
	}
	sys.fillPeers()
	return sys, nil
}

// listen takes a role's address: the configured one, else any free one beside
// the stand-ins, else the role's port. The router's is where people look.
func (s *system) listen(r role) error {
	address := s.configured(r.name)
	if address == "" {
		port := r.port
		if s.standins != nil && r.name != "router" {
			port = 0
		}
		host := ""
		if s.standins != nil {
			host = "127.0.0.1"
		}
		address = net.JoinHostPort(host, strconv.Itoa(port))
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("%s: %w", r.name, err)
	}
	s.listeners[r.name] = l
	s.urls[r.name] = "http://" + reachable(l.Addr().(*net.TCPAddr))
	return nil
}

func (s *system) configured(role string) string {
	return map[string]string{
		"router": s.cfg.Router.Listen, "user": s.cfg.User.Listen, "product": s.cfg.Product.Listen,
		"cart": s.cfg.Cart.Listen, "order": s.cfg.Order.Listen, "payment": s.cfg.Payment.Listen,
		"inventory": s.cfg.Inventory.Listen, "notification": s.cfg.Notification.Listen,
		"searchindex": s.cfg.SearchIndex.Listen, "gatewaysim": s.cfg.GatewaySim.Listen,
	}[role]
}

// reachable is an address that this machine can call: one that listens
// everywhere is called on loopback.
func reachable(a *net.TCPAddr) string {
	if a.IP.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", strconv.Itoa(a.Port))
	}
	return a.String()
}

func (s *system) fillPeers() {
	p, local := &s.cfg.Peers, func(role string) string {
		if url, ok := s.urls[role]; ok {
			return url
		}
		return "http://127.0.0.1:" + strconv.Itoa(portOf(role))
	}
	for _, peer := range []struct {
		url  *string
		role string
	}{
		{&p.User, "user"},
		{&p.Product, "product"},
		{&p.Cart, "cart"},
		{&p.Order, "order"},
		{&p.Payment, "payment"},
		{&p.Inventory, "inventory"},
		{&s.cfg.Payment.Gateway.URL, "gatewaysim"},
		{&s.cfg.Router.PublicURL, "router"},
	} {
		*peer.url = cmp.Or(*peer.url, local(peer.role))
	}
	s.cfg.GatewaySim.WebhookURL = cmp.Or(s.cfg.GatewaySim.WebhookURL, p.Payment+webhookPath)
	s.cfg.Product.MediaURL = cmp.Or(s.cfg.Product.MediaURL, s.cfg.Router.PublicURL+mediaPath)
}

func portOf(name string) int {
	for _, r := range roles() {
		if r.name == name {
			return r.port
		}
	}
	return 0
}

// awaitReady waits until every role of this process says that it is ready;
// false if ctx ended first.
func (s *system) awaitReady(ctx context.Context) bool {
	for _, url := range s.urls {
		for !answers(ctx, url+"/readyz") {
			select {
			case <-time.After(5 * time.Millisecond):
			case <-ctx.Done():
				return false
			}
		}
	}
	return true
}

func answers(ctx context.Context, url string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
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

func (s *system) close() {
	for _, l := range s.listeners {
		_ = l.Close() // those that serve are closed already
	}
	if s.kafka != nil {
		s.kafka.Close()
	}
	if s.redis != nil {
		_ = s.redis.Close()
	}
}
