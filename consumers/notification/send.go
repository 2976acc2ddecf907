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
	"cartograph/internal/crashpoint"
	"cartograph/internal/pg"
	"cartograph/internal/telemetry"
	"cartograph/internal/wakeup"
)

const (
	batchSize    = 8 // delivered at the same time
	pollInterval = time.Second

	// A batch takes at most sendTimeout, well within its lease, so that no second
	// sender takes its mails meanwhile. The mails of a sender that died are sent
	// within 30 s: after its lease, one poll and the delivery.
	lease       = 20 * time.Second
	sendTimeout = 10 * time.Second

	minBackoff       = time.Second
	maxBackoff       = 10 * time.Minute   // of a mail that the server defers
	maxOutageBackoff = 10 * time.Second   // while the server accepts no mail at all
	maxUsersBackoff  = 20 * time.Second   // while the user service is away: its mails are sent within 30 s of its return
	maxAge           = 3 * 24 * time.Hour // an older mail no longer helps its reader

	// Recording a result is retried more often than leases, so that after an outage
	// of the database a mail that was sent is marked before another sender takes it.
	recordInterval = 250 * time.Millisecond
	recordAttempt  = 5 * time.Second
	recordTimeout  = 10 * time.Minute
	recordAtStop   = 3 * time.Second // when the process ends
	leaseRetry     = 2 * time.Second
)

// RunSender sends enqueued mails until ctx ends. Any number of senders may run
// at the same time: each leases its mails.
func (w *Worker) RunSender(ctx context.Context) error {
	for {
		n, err := w.Send(ctx)
		if err != nil && ctx.Err() == nil {
			w.log.WarnContext(ctx, "send mails, retrying", "err", err)
			if !wakeup.Sleep(ctx, leaseRetry) {
				return nil
			}
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
	for _, m := range due {
		g.Go(func() error { return w.record(ctx, m, w.deliver(ctx, m)) })
	}
	return len(due), g.Wait()
}

// errNotSent stands in a trace for errors of mail servers, which quote addresses.
var errNotSent = errors.New("not sent")

// deliver sends one mail to the mail server.
func (w *Worker) deliver(ctx context.Context, m db.LeaseRow) (err error) {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	mail := Mail{Occasion: m.Occasion}
	if err := json.Unmarshal(m.Content, &mail); err != nil {
		return fmt.Errorf("decode content: %w", err)
	}
	ctx, end := telemetry.Resume(ctx, mail.TraceParent, "send "+string(mail.Kind)+" mail")
	defer func() {
		if err != nil {
			end(errNotSent)
		} else {
			end(nil)
		}
	}()
	mail, err = w.prepare(ctx, mail, m.CreatedAt)
	if err != nil {
		return err
	}
	client, err := w.smtp.client()
	if err != nil {
		return err
	}
	if err := client.DialWithContext(ctx); err != nil {
		return fmt.Errorf("%w: %w", errServerAway, err)
	}
	// An error while closing comes after the server accepted the mail. Returning
	// it would send the mail a second time.
	defer func() { _ = client.Close() }()
	message, err := w.composer.message(ctx, mail, m.CreatedAt)
	if err != nil {
		return fmt.Errorf("compose: %w", err)
	}
	if err := client.Send(message); err != nil {
		return err
	}
	crashpoint.Reach("mail", "sent")
	return nil
}

// record stores the result of a delivery.
func (w *Worker) record(ctx context.Context, m db.LeaseRow, outcome error) error {
	q := db.New(w.pool)
	if outcome == nil {
		deliveries.WithLabelValues("sent").Inc()
		return w.untilRecorded(ctx, m, func(ctx context.Context) error { return w.markSent(ctx, m) })
	}
	if quiet, ok := errors.AsType[quietError](outcome); ok {
		deliveries.WithLabelValues("quiet").Inc()
		return w.untilRecorded(ctx, m, func(ctx context.Context) error {
			return q.PostponeUntil(ctx, db.PostponeUntilParams{ID: m.ID, Until: quiet.until})
		})
	}
	if dropped(outcome) {
		deliveries.WithLabelValues("dropped").Inc()
		return w.untilRecorded(ctx, m, func(ctx context.Context) error { return q.Drop(ctx, m.ID) })
	}
	if permanent(outcome) || time.Since(m.CreatedAt) > maxAge {
		deliveries.WithLabelValues("failed").Inc()
		w.log.ErrorContext(ctx, "mail failed, not retrying", "mail_id", m.ID, "subject_id", m.SubjectID, "attempts", m.Attempts, "err", outcome)
		return w.untilRecorded(ctx, m, func(ctx context.Context) error { return w.markFailed(ctx, m, outcome) })
	}
	deliveries.WithLabelValues("postponed").Inc()
	w.log.WarnContext(ctx, "mail delivery failed, retry scheduled", "mail_id", m.ID, "subject_id", m.SubjectID, "attempts", m.Attempts, "err", outcome)
	return w.untilRecorded(ctx, m, func(ctx context.Context) error {
		return q.Postpone(ctx, db.PostponeParams{
			ID: m.ID, Milliseconds: backoff(int(m.Attempts), outcome).Milliseconds(), LastError: pg.Storable(outcome.Error()),
		})
	})
}

// untilRecorded retries an update while the database refuses it: a mail that was
// accepted and not recorded would be sent again. It goes on for a moment when the
// process ends, and gives up at last: the lease runs out then.
func (w *Worker) untilRecorded(ctx context.Context, m db.LeaseRow, update func(context.Context) error) error {
	retrying, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		if wakeup.Sleep(retrying, recordAtStop) {
			cancel()
		}
	})()
	for tries := 1; ; tries++ {
		attempt, done := context.WithTimeout(retrying, recordAttempt)
		err := update(attempt)
		done()
		if err == nil || pg.IsDataFault(err) { // it would be refused again
			return err
		}
		if tries == 1 {
			w.log.WarnContext(ctx, "record delivery, retrying", "mail_id", m.ID, "err", err)
		}
		if !wakeup.Sleep(retrying, recordInterval) {
			return fmt.Errorf("record delivery of mail %s: %w", m.ID, err)
		}
	}
}

// backoff doubles from a second to ten minutes, and to some seconds while the mail
// server or the user service is away: its return is not specific to the mail, and mails
// go out soon after it. The shift is bounded: a larger one would overflow a Duration.
func backoff(attempts int, outcome error) time.Duration {
	most := maxBackoff
	switch {
	case errors.Is(outcome, errServerAway):
		most = maxOutageBackoff
	case errors.Is(outcome, errUsersAway), errors.Is(outcome, errCartsAway):
		most = maxUsersBackoff
	}
	return min(minBackoff<<min(attempts-1, 12), most)
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
