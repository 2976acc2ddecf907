package notification

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"cartograph/consumers/notification/db"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/outbox"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/internal/wakeup"
)

const (
	channelPush = "PUSH"
	channelSMS  = "SMS"

	usefulMessage = day // of one that is urgent
)

// SMS sends text messages.
type SMS interface {
	SendSMS(ctx context.Context, phone, text string) error
}

// SendSMSBy sets the adapter for text messages, before the worker runs. Without one none
// are sent.
func (w *Worker) SendSMSBy(sms SMS) { w.sms = sms }

// LogSMS returns an adapter for demos, which logs text messages in place of sending them.
func LogSMS(log *slog.Logger) SMS { return logSMS{log} }

type logSMS struct{ log *slog.Logger }

func (l logSMS) SendSMS(ctx context.Context, phone, text string) error {
	l.log.InfoContext(ctx, "text message", "phone", phone, "text", text)
	return nil
}

// notificationDue enqueues a message by push or SMS.
func (w *Worker) notificationDue(ctx context.Context, tx pgx.Tx, p event.NotificationDue, _ event.Envelope) error {
	if p.Channel != channelPush && p.Channel != channelSMS {
		return fault.New(fault.Invalid, "The channel %q has no messages.", p.Channel)
	}
	content, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return db.New(tx).EnqueueMessage(ctx, db.EnqueueMessageParams{
		ID: id.New(id.Mail), UserID: p.UserID, Channel: p.Channel, TargetID: p.TargetID, Content: content,
	})
}

// RunMessages sends push and text messages until ctx ends. Any number of senders may run
// at the same time: each leases its messages.
func (w *Worker) RunMessages(ctx context.Context) error {
	for {
		n, err := w.SendMessages(ctx)
		if err != nil && ctx.Err() == nil {
			w.log.WarnContext(ctx, "send messages, retrying", "err", err)
			if !wakeup.Sleep(ctx, leaseRetry) {
				return nil
			}
		}
		if n == batchSize && err == nil && ctx.Err() == nil {
			continue
		}
		if !w.messages.Wait(ctx, pollInterval) {
			return nil
		}
	}
}

// SendMessages leases one batch of due messages, tries each once, and returns the size of
// the batch.
func (w *Worker) SendMessages(ctx context.Context) (int, error) {
	due, err := db.New(w.pool).LeaseMessages(ctx, db.LeaseMessagesParams{Seconds: int32(lease / time.Second), BatchSize: batchSize})
	if err != nil {
		return 0, fmt.Errorf("lease due messages: %w", err)
	}
	var g errgroup.Group
	for _, m := range due {
		g.Go(func() error {
			var p event.NotificationDue
			if err := json.Unmarshal(m.Content, &p); err != nil {
				return fmt.Errorf("decode message %s: %w", m.ID, err)
			}
			return w.recordMessage(ctx, m, p, w.deliverMessage(ctx, p, m.CreatedAt))
		})
	}
	return len(due), g.Wait()
}

// deliverMessage sends one message, if the user still wants it now.
func (w *Worker) deliverMessage(ctx context.Context, p event.NotificationDue, enqueuedAt time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	topic := Topic(p.About).policy()
	useful := topic.useful
	if topic.urgent {
		useful = usefulMessage
	}
	ends := enqueuedAt.Add(useful)
	if time.Now().After(ends) {
		return errStale
	}
	to, err := w.users.Recipient(ctx, &rpcv1.RecipientRequest{UserId: p.UserID, Topic: p.About})
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return errNoAccount
	case err != nil:
		return fmt.Errorf("%w: recipient %s: %w", errUsersAway, p.UserID, err)
	case !slices.Contains(to.GetChannels(), p.Channel):
		return errNotWanted
	}
	if quiet := to.GetQuietUntil(); quiet != nil && !topic.urgent {
		if quiet.AsTime().After(ends) {
			return errStale
		}
		return quietError{quiet.AsTime()}
	}
	if p.Channel == channelSMS {
		if w.sms == nil || to.GetPhone() == "" {
			return errNotWanted
		}
		return w.sms.SendSMS(ctx, to.GetPhone(), p.Title)
	}
	return w.push(ctx, p, time.Until(ends))
}

// recordMessage stores the result of a delivery. A message that was sent or is not needed
// any more is deleted, in the transaction that publishes it.
func (w *Worker) recordMessage(ctx context.Context, m db.LeaseMessagesRow, p event.NotificationDue, outcome error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordAttempt)
	defer cancel()
	q, now := db.New(w.pool), time.Now().UTC()
	if quiet, ok := errors.AsType[quietError](outcome); ok {
		return q.PostponeMessageUntil(ctx, db.PostponeMessageUntilParams{ID: m.ID, Until: quiet.until})
	}
	var reports event.Payload
	result := "dropped"
	switch {
	case outcome == nil:
		result, reports = "sent", event.NotificationSent{NotificationID: p.NotificationID, UserID: p.UserID, Channel: p.Channel, SentAt: now}
	case errors.Is(outcome, errExpired):
		reports = event.PushSubscriptionExpired{UserID: p.UserID, SubscriptionID: p.TargetID}
	case dropped(outcome):
	case errors.Is(outcome, errRefused):
		result, reports = "failed", event.NotificationFailed{NotificationID: p.NotificationID, UserID: p.UserID, Channel: p.Channel, FailedAt: now}
		w.log.ErrorContext(ctx, "message failed, not retrying", "message_id", m.ID, "channel", p.Channel, "err", outcome)
	default:
		messages.WithLabelValues(p.Channel, "postponed").Inc()
		w.log.WarnContext(ctx, "message delivery failed, retry scheduled", "message_id", m.ID, "channel", p.Channel, "attempts", m.Attempts, "err", outcome)
		return q.PostponeMessage(ctx, db.PostponeMessageParams{ID: m.ID, Milliseconds: backoff(int(m.Attempts), outcome).Milliseconds()})
	}
	messages.WithLabelValues(p.Channel, result).Inc()
	return w.outbox.InTx(ctx, func(tx pgx.Tx) error {
		n, err := db.New(tx).DeleteMessage(ctx, m.ID)
		if err != nil || n == 0 || reports == nil {
			return err
		}
		return outbox.Write(ctx, tx, reports)
	})
}
