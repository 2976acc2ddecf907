package app

import (
	"context"
	"net/http"

	"cartograph/consumers/notification"
)

func buildNotification(_ context.Context, s *service) (http.Handler, error) {
	cfg := s.cfg.Notification
	cfg.SMTPURL = s.cfg.SMTPURL
	worker, err := notification.NewWorker(s.pool, s.newOutbox(), cfg, s.log)
	if err != nil {
		return nil, err
	}
	s.consume(worker.Topics(), worker.Handle)
	s.addTask(worker.RunSender)
	return http.NotFoundHandler(), nil
}
