package notification

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/sync/errgroup"

	"cartograph/consumers/notification/db"
)

const (
	batchSize     = 16
	maxConcurrent = 4 // deliveries of one batch at the same time
	pollInterval  = time.Second

	// A batch takes at most batchSize / maxConcurrent * sendTimeout = 80 s, well
	// within its lease, so that no second sender takes its mails meanwhile.
	lease       = 2 * time.Minute
	sendTimeout = 20 * time.Second

	minBackoff = time.Second
	maxBackoff = 10 * time.Minute
	maxAge     = 3 * 24 * time.Hour // an older mail no longer helps its reader
)

// RunSender sends enqueued mails until ctx ends. Any number of senders may run
// at the same time: each leases its mails.
func (w *Worker) RunSender(ctx context.Context) error {
	for {
		n, err := w.Send(ctx)
		if err != nil && ctx.Err() == nil {
			w.log.WarnContext(ctx, "send mails, retrying", "err", err)
		}
		if n == batchSize && err == nil && ctx.Err() == nil {
			continue // there may be more
		}
		if !w.enqueued.Wait(ctx, pollInterval) {
			return nil
		}
	}
}

// Send leases one batch of due mails, tries each once, and returns the size of
// the batch. A mail that could not be sent is due again after a backoff.
func (w *Worker) Send(ctx context.Context) (int, error) {
	due, err := db.New(w.pool).Lease(ctx, db.LeaseParams{Seconds: int32(lease / time.Second), BatchSize: batchSize})
	if err != nil {
		return 0, fmt.Errorf("lease due mails: %w", err)
	}
	var g errgroup.Group
	g.SetLimit(maxConcurrent)
	for _, m := range due {
		g.Go(func() error { return w.record(ctx, m, w.deliver(ctx, m)) })
	}
	return len(due), g.Wait()
}

// deliver sends one mail to the mail server.
func (w *Worker) deliver(ctx context.Context, m db.LeaseRow) error {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	mail := Mail{PaymentID: m.PaymentID}
	if err := json.Unmarshal(m.Content, &mail); err != nil {
		return fmt.Errorf("decode content: %w", err)
	}
	message, err := w.composer.message(ctx, mail, m.CreatedAt)
	if err != nil {
		return fmt.Errorf("compose: %w", err)
	}
	client, err := w.smtp.client()
	if err != nil {
		return err
	}
	if err := client.DialWithContext(ctx); err != nil {
		return fmt.Errorf("connect to the mail server: %w", err)
	}
	// An error while closing comes after the server accepted the mail. Returning
	// it would send the mail a second time.
	defer func() { _ = client.Close() }()
	return client.Send(message)
}

// record stores the outcome of a delivery. It does so during shutdown too: a
// mail that was accepted and not recorded would be sent again.
func (w *Worker) record(ctx context.Context, m db.LeaseRow, outcome error) error {
	q := db.New(w.pool)
	ctx = context.WithoutCancel(ctx)
	if outcome == nil {
		deliveries.WithLabelValues("sent").Inc()
		return q.MarkSent(ctx, m.ID)
	}
	if permanent(outcome) || time.Since(m.CreatedAt) > maxAge {
		w.log.ErrorContext(ctx, "mail failed, not retrying", "mail_id", m.ID, "order_id", m.OrderID, "attempts", m.Attempts, "err", outcome)
		deliveries.WithLabelValues("failed").Inc()
		return q.MarkFailed(ctx, db.MarkFailedParams{ID: m.ID, LastError: outcome.Error()})
	}
	w.log.WarnContext(ctx, "mail delivery failed, retry scheduled", "mail_id", m.ID, "order_id", m.OrderID, "attempts", m.Attempts, "err", outcome)
	deliveries.WithLabelValues("postponed").Inc()
	return q.Postpone(ctx, db.PostponeParams{
		ID: m.ID, Milliseconds: backoff(int(m.Attempts)).Milliseconds(), LastError: outcome.Error(),
	})
}

// backoff doubles from a second to ten minutes. The shift is bounded: a larger
// one would overflow a Duration.
func backoff(attempts int) time.Duration {
	return min(minBackoff<<min(attempts-1, 12), maxBackoff)
}

// permanent reports whether the mail server will never accept this mail: it
// rejected the recipient or the content with a 5xx reply. A permanent reply at
// another stage (the greeting, authentication, the sender) is about our
// configuration, which an operator can fix while the mail waits.
func permanent(err error) bool {
	e, ok := errors.AsType[*gomail.SendError](err)
	if !ok || e.IsTemp() || e.ErrorCode() < 500 {
		return false
	}
	switch e.Reason {
	case gomail.ErrSMTPRcptTo, gomail.ErrSMTPData, gomail.ErrSMTPDataClose:
		return true
	default:
		return false
	}
}
