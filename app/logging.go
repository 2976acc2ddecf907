package app

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/twmb/franz-go/pkg/kgo"

	"cartograph/consumers/logs"
	"cartograph/internal/kafka"
	"cartograph/internal/logship"
)

// loggingRole stores log records; its own are on stderr only.
const loggingRole = "logging"

func buildLogging(_ context.Context, s *service) (http.Handler, error) {
	worker := logs.NewWorker(s.pool, s.newOutbox(), s.cfg.Logging, s.log)
	s.consume(worker.Topics(), worker.Handle)
	s.addTask(worker.RunCleanup, worker.RunAlerts)
	return http.NotFoundHandler(), nil
}

// shipLogs returns the log of the process and a shipper that gets its records. Until
// runShipper sends them they wait.
func (p *process) shipLogs() (log *slog.Logger, shipper *logship.Shipper) {
	shipper = logship.New(p.instance, loggingRole)
	return slog.New(shipper.Handler(p.log.Handler())), shipper
}

// runShipper sends log records until ctx ends. Its client is its own: logs never delay
// events, and one broker that has a record is enough.
func (p *process) runShipper(ctx context.Context, shipper *logship.Shipper) error {
	const buffered = 64 // events of log records
	client, err := kafka.NewClient(p.cfg.KafkaBrokers,
		kgo.RequiredAcks(kgo.LeaderAck()), kgo.DisableIdempotentWrite(), kgo.MaxBufferedRecords(buffered))
	if err != nil {
		return err
	}
	defer client.Close()
	return shipper.Run(ctx, client)
}
