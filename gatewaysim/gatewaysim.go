// Package gatewaysim stands in for a payment gateway: a service of somebody
// else's, across a network, with a store of its own.
//
// It is as honest and as difficult as a real one. The token of a payment
// chooses what happens to it. Every POST carries an Idempotency-Key, and an
// effect, its answer and its events are one transaction: the same key is
// answered from the store, also after kill -9. Events reach the merchant by
// signed webhooks that may come twice, late, out of order or before the answer
// to the request that caused them, but do come.
//
// More is never captured than was authorised, nor refunded than was captured,
// and nothing captured is voided: the statements decide, the constraints of
// the store watch. What it does not do is protect the merchant from himself:
// two keys authorise twice, as anywhere.
package gatewaysim

import (
	"embed"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Gateway is the simulator: an HTTP handler and a sender of webhooks.
type Gateway struct {
	cfg    Config
	pool   *pgxpool.Pool
	log    *slog.Logger
	client *http.Client  // to the merchant's webhook
	kick   chan struct{} // there may be something to deliver
}

// New returns a gateway that keeps what it knows in pool.
func New(pool *pgxpool.Pool, cfg Config, log *slog.Logger) *Gateway {
	return &Gateway{
		cfg:  cfg,
		pool: pool,
		log:  log,
		client: &http.Client{
			Timeout: sendTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return http.ErrUseLastResponse // a webhook that moved was not delivered
			},
			Transport: &http.Transport{MaxIdleConnsPerHost: sendAtOnce, IdleConnTimeout: 30 * time.Second},
		},
		kick: make(chan struct{}, 1),
	}
}

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the goose migrations of the simulator's database.
func Migrations() fs.FS {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic("gatewaysim: " + err.Error()) // the path is a constant
	}
	return sub
}

// Handler serves the merchant's API under /v1 and the customer's 3-D Secure
// page under /3ds.
func (g *Gateway) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/payments", g.merchant(g.authorize))
	mux.HandleFunc("POST /v1/payments/{id}/confirm", g.merchant(g.confirm))
	mux.HandleFunc("POST /v1/payments/{id}/capture", g.merchant(g.capture))
	mux.HandleFunc("POST /v1/payments/{id}/void", g.merchant(g.void))
	mux.HandleFunc("POST /v1/payments/{id}/refunds", g.merchant(g.refund))
	mux.HandleFunc("GET /v1/payments/{id}", g.merchant(g.show))
	mux.HandleFunc("GET /v1/payments", g.merchant(g.list))
	mux.HandleFunc("/v1/", g.merchant(func(*http.Request) (answer, error) {
		return refused(http.StatusNotFound, "route_unknown", "There is no such route."), nil
	}))
	mux.HandleFunc("GET /3ds/{id}", g.showChallenge)
	mux.HandleFunc("POST /3ds/{id}", g.decideChallenge)
	return mux
}
