package app

import (
	"context"
	"net/http"

	"cartograph/consumers/notification"
	"cartograph/consumers/notification/db"
)

func runNotification(ctx context.Context, h *host) error {
	pool, out, err := h.open(ctx, h.cfg.Notification.DatabaseURL, db.Migrations())
	if err != nil {
		return err
	}
	defer pool.Close()
	cfg := h.cfg.Notification
	cfg.SMTPURL = h.cfg.SMTPURL
	worker, err := notification.NewWorker(pool, out, cfg, h.log)
	if err != nil {
		return err
	}
	h.relay(pool, out)
	h.consume(pool, worker.Topics(), worker.Handle)
	h.also(worker.RunSender)
	return h.serve(ctx, pool, http.NotFoundHandler())
}
