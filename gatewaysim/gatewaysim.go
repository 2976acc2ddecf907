// Package gatewaysim simulates a payment gateway: an external service with a
// database of its own.
//
// It fails in the ways of a real one. The token of a payment selects how it behaves. Every POST carries an Idempotency-Key, and an
// effect, its answer and its events are one transaction: the same key is
// answered from the database, also after kill -9. Events reach the merchant by
// signed webhooks that may come twice, late, out of order or before the answer
// to the request that caused them, but are always delivered.
//
// More is never captured than was authorised, nor refunded than was captured,
// and nothing captured is voided: statements check it and constraints enforce it.
// It does not protect the merchant from mistakes: two keys authorise twice.
package gatewaysim

import (
	"embed"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/wakeup"
)

// Gateway is the simulator: an HTTP handler and a sender of webhooks.
type Gateway struct {
	cfg    Config
	pool   *pgxpool.Pool
	log    *slog.Logger
	client *http.Client   // to the merchant's webhook
	queued *wakeup.Signal // a webhook delivery may be due
}

// New returns a gateway that stores its payments in pool.
func New(pool *pgxpool.Pool, cfg Config, log *slog.Logger) *Gateway {
	return &Gateway{
		cfg:  cfg,
		pool: pool,
		log:  log,
		client: &http.Client{
			Timeout: sendTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return http.ErrUseLastResponse // a redirected webhook is not delivered
			},
			Transport: &http.Transport{MaxIdleConnsPerHost: maxConcurrentSends, IdleConnTimeout: 30 * time.Second},
		},
		queued: wakeup.New(),
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
	mux.HandleFunc("POST /v1/disputes/{id}/evidence", g.merchant(g.submitEvidence))
	mux.HandleFunc("POST /v1/disputes/{id}/accept", g.merchant(g.acceptDispute))
	mux.HandleFunc("POST /v1/disputes/{id}/decide", g.merchant(g.decideDispute))
	mux.HandleFunc("GET /v1/payments/{id}", g.merchant(g.show))
	mux.HandleFunc("GET /v1/payments", g.merchant(g.list))
	mux.HandleFunc("/v1/", g.merchant(func(*http.Request) (response, error) {
		return refusal(http.StatusNotFound, "route_unknown", "There is no such route."), nil
	}))
	mux.HandleFunc("GET /3ds/{id}", g.showChallenge)
	mux.HandleFunc("POST /3ds/{id}", g.decideChallenge)
	return mux
}
