package app

import (
	"context"
	"net/http"

	"cartograph/consumers/notification"
	"cartograph/internal/pg"
	"cartograph/internal/rpc/v1/rpcv1connect"
)

func buildNotification(_ context.Context, s *service) (http.Handler, error) {
	cfg := s.cfg.Notification
	cfg.SMTPURL, cfg.AllowPrivate = s.cfg.SMTPURL, cfg.AllowPrivate || s.cfg.Demo
	options, peers := s.clientOptions(), s.cfg.Peers
	worker, err := notification.NewWorker(
		s.pool, s.newOutbox(), rpcv1connect.NewProfilesClient(s.http, peers.User, options...),
		rpcv1connect.NewCartsClient(s.http, peers.Cart, options...), rpcv1connect.NewOrdersClient(s.http, peers.Order, options...),
		rpcv1connect.NewPaymentsClient(s.http, peers.Payment, options...), cfg, s.log,
	)
	if err != nil {
		return nil, err
	}
	s.consume(worker.Topics(), worker.Handle)
	if s.cfg.Demo {
		worker.SendSMSBy(notification.LogSMS(s.log))
	}
	s.addTask(func(ctx context.Context) error { return worker.RunSender(s.traces.With(ctx)) }, worker.RunMessages)
	s.healDueDates(
		pg.DueDates{Table: "mails", Column: "due_at", Where: "status = 'PENDING'"},
		pg.DueDates{Table: "messages", Column: "due_at", Where: "true"})
	return worker.Handler(), nil
}
