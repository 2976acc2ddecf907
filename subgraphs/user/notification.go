package user

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/inbox"
	"cartograph/internal/message"
	"cartograph/internal/optional"
	"cartograph/internal/pg"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/user/db"
)

const (
	// The inbox of a user is bounded by number and age.
	maxNotifications      = 500
	notificationRetention = 90 * 24 * time.Hour

	maxMarkedRead = 100 // IDs at once
)

// Notification is an entry of a user's inbox.
type Notification struct {
	ID        string
	position  int64
	Topic     NotificationTopic
	Title     string
	Body      string
	LinkID    *string
	ReadAt    *time.Time
	SentVia   []Channel
	CreatedAt time.Time
}

// NotificationPage is a page of a user's inbox, the newest entry first.
type NotificationPage struct {
	Nodes    []*Notification
	Edges    []NotificationEdge
	PageInfo subgraph.PageInfo

	ownerID string
}

// NotificationEdge is an entry of a page and its cursor.
type NotificationEdge struct {
	Cursor string
	Node   *Notification
}

const sortNotifications = "notifications"

func (n *Notification) cursor() string { return subgraph.EncodeCursor(sortNotifications, n.position) }

// handleNotifications registers the events that fill inboxes.
func (s *Service) handleNotifications() {
	inbox.On(s.events, s.notificationPosted)
	inbox.On(s.events, func(ctx context.Context, tx pgx.Tx, p event.NotificationSent, _ event.Envelope) error {
		if !slices.Contains(channels, Channel(p.Channel)) {
			return fault.New(fault.Invalid, "The channel %q is unknown.", p.Channel)
		}
		pg.BatchOf(tx).QueueQuery(func(e pg.Executor) error {
			return db.New(e).NotificationSentBy(ctx, db.NotificationSentByParams{ID: p.NotificationID, UserID: p.UserID, Channel: p.Channel})
		})
		return nil
	})
	inbox.On(s.events, s.unsubscribed)
	inbox.On(s.events, s.pushExpired)
	s.events.AfterCommit(func(e event.Envelope) { s.inboxes.Notify(e.Subject) })
}

// notificationPosted stores a notification and requests its other deliveries, by the
// channels that the user chose for its topic. A deleted account has no inbox.
func (s *Service) notificationPosted(ctx context.Context, tx pgx.Tx, p event.NotificationPosted, _ event.Envelope) error {
	topic := NotificationTopic(p.About)
	if !topic.known() {
		return fault.New(fault.Invalid, "The topic %q is unknown.", p.About)
	}
	q := db.New(tx)
	chosen, err := channelsOf(ctx, q, p.UserID, topic)
	if err != nil {
		return err
	}
	if err := s.dispatch(ctx, tx, p, chosen); err != nil || !slices.Contains(chosen, InApp) {
		return err
	}
	n, err := q.StoreNotification(ctx, db.StoreNotificationParams{
		ID: p.NotificationID, UserID: p.UserID, Topic: p.About, Title: p.Title, Body: p.Body, LinkID: optional.Of(p.LinkID), Now: p.PostedAt,
	})
	if err != nil || n == 0 {
		return err
	}
	pg.BatchOf(tx).QueueQuery(func(e pg.Executor) error {
		return db.New(e).DeleteExcessNotifications(ctx, db.DeleteExcessNotificationsParams{UserID: p.UserID, Most: maxNotifications})
	})
	return nil
}

// unsubscribed removes a channel from those of a topic, as the user could by preference.
func (s *Service) unsubscribed(ctx context.Context, tx pgx.Tx, p event.NotificationUnsubscribed, _ event.Envelope) error {
	topic, q := NotificationTopic(p.About), db.New(tx)
	if _, err := q.LockUser(ctx, p.UserID); errors.Is(err, pgx.ErrNoRows) {
		return nil // the account was deleted
	} else if err != nil {
		return err
	}
	chosen, err := channelsOf(ctx, q, p.UserID, topic)
	if err != nil {
		return err
	}
	rest := slices.DeleteFunc(chosen, func(c Channel) bool { return c == Channel(p.Channel) })
	if !containsAll(rest, mandatoryOf(topic)) {
		return fault.New(fault.Invalid, "The topic %q cannot be ended by %q.", p.About, p.Channel)
	}
	return q.SetPreferences(ctx, db.SetPreferencesParams{UserID: p.UserID, Topics: []string{p.About}, Channels: []string{joined(rest)}})
}

// Notifications is a page of the caller's inbox; nil for that of somebody else.
func (s *Service) Notifications(ctx context.Context, userID string, first *int, after *string, unreadOnly bool) (*NotificationPage, error) {
	if !isSelf(ctx, userID) {
		return nil, nil
	}
	size, err := subgraph.First(first, defaultStaffPage)
	if err != nil {
		return nil, err
	}
	var last int64
	given, err := subgraph.DecodeCursor(after, sortNotifications, &last)
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.pool).PageOfNotifications(ctx, db.PageOfNotificationsParams{
		UserID: userID, Before: last, UnreadOnly: unreadOnly, Most: int32(size + 1), //nolint:gosec // at most 101
	})
	if err != nil {
		return nil, fmt.Errorf("notifications of %s: %w", userID, err)
	}
	page := &NotificationPage{ownerID: userID}
	page.Nodes, page.PageInfo = subgraph.Page(notificationsOf(rows), size, given, (*Notification).cursor)
	for _, n := range page.Nodes {
		page.Edges = append(page.Edges, NotificationEdge{Cursor: n.cursor(), Node: n})
	}
	return page, nil
}

// CountUnread is how many notifications of a page's inbox are unread, on all pages.
func (s *Service) CountUnread(ctx context.Context, page *NotificationPage) (int, error) {
	n, err := db.New(s.pool).CountUnreadNotifications(ctx, page.ownerID)
	if err != nil {
		return 0, fmt.Errorf("unread notifications of %s: %w", page.ownerID, err)
	}
	return int(n), nil
}

// MarkNotificationsRead marks those of the caller's notifications that are given. Others
// have no effect: an answer that differs would reveal which ones exist.
func (s *Service) MarkNotificationsRead(ctx context.Context, ids []string) error {
	caller := auth.From(ctx)
	if caller.Kind != auth.User {
		return signInFirst()
	}
	if len(ids) > maxMarkedRead {
		return fault.Localized(fault.Invalid, "user.too_many_ids", message.Args{"limit": maxMarkedRead}).At("ids")
	}
	known := wellFormed(id.Notification, ids)
	if len(known) == 0 {
		return nil
	}
	now := s.Now()
	err := db.New(s.pool).MarkNotificationsRead(ctx, db.MarkNotificationsReadParams{UserID: caller.ID, IDs: known, Now: &now})
	if err != nil {
		return fmt.Errorf("mark notifications read: %w", err)
	}
	return nil
}

func isSelf(ctx context.Context, userID string) bool {
	caller := auth.From(ctx)
	return caller.Kind == auth.User && caller.ID == userID
}

func notificationsOf(rows []db.Notification) []*Notification {
	all := make([]*Notification, len(rows))
	for i, r := range rows {
		all[i] = &Notification{
			ID: r.ID, position: r.Position, Topic: NotificationTopic(r.Topic), Title: r.Title, Body: r.Body,
			LinkID: r.LinkID, ReadAt: r.ReadAt, SentVia: asChannels(r.SentVia), CreatedAt: r.CreatedAt,
		}
	}
	return all
}
