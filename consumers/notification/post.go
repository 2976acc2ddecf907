package notification

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/consumers/notification/db"
	"cartograph/internal/event"
	"cartograph/internal/id"
	"cartograph/internal/optional"
	"cartograph/internal/outbox"
	"cartograph/internal/pg"
)

// channelEmail is that of mails: the schema's NotificationChannel.
const channelEmail = "EMAIL"

// userID is the account that a mail is to; empty for an address without one.
func (m Mail) userID() string {
	if m.UserID != "" {
		return m.UserID
	}
	if id.PrefixOf(m.OwnerID) == id.User {
		return m.OwnerID
	}
	return ""
}

// posted is what the inbox of the user has of a mail: its subject and first sentence. It
// is nil for a mail to an address without an account, for one whose link is all that
// matters, for a reminder of a cart, which is in the account anyway, and for an invitation,
// whose time has not come.
func (w *Worker) posted(ctx context.Context, m Mail, at time.Time) (*event.NotificationPosted, error) {
	if m.userID() == "" || m.LinkID != "" || m.Kind == CartReminder || m.Kind == ReviewInvitation {
		return nil, nil
	}
	p, err := w.composer.page(ctx, m)
	if err != nil {
		return nil, fmt.Errorf("compose notification: %w", err)
	}
	posted := &event.NotificationPosted{
		NotificationID: id.New(id.Notification), UserID: m.userID(), About: string(m.Kind.topic()),
		Title: p.Subject, Body: p.Intro, LinkID: m.OrderID, PostedAt: at.UTC(),
	}
	if m.Alert != nil {
		posted.LinkID = m.Alert.ProductID
	}
	return posted, nil
}

// markSent records that a mail was sent, and publishes it if it is a notification.
func (w *Worker) markSent(ctx context.Context, m db.LeaseRow) error {
	return w.outbox.InTx(ctx, func(tx pgx.Tx) error {
		n, err := db.New(tx).MarkSent(ctx, m.ID)
		if err != nil || n == 0 || m.NotificationID == nil {
			return err
		}
		return outbox.Write(ctx, tx, event.NotificationSent{
			NotificationID: *m.NotificationID, UserID: optional.Value(m.UserID), Channel: channelEmail, SentAt: time.Now().UTC(),
		})
	})
}

// markFailed records that a mail is not tried again, and publishes it if it is a
// notification.
func (w *Worker) markFailed(ctx context.Context, m db.LeaseRow, reason error) error {
	return w.outbox.InTx(ctx, func(tx pgx.Tx) error {
		n, err := db.New(tx).MarkFailed(ctx, db.MarkFailedParams{ID: m.ID, LastError: pg.Storable(reason.Error())})
		if err != nil || n == 0 || m.NotificationID == nil {
			return err
		}
		return outbox.Write(ctx, tx, event.NotificationFailed{
			NotificationID: *m.NotificationID, UserID: optional.Value(m.UserID), Channel: channelEmail, FailedAt: time.Now().UTC(),
		})
	})
}
