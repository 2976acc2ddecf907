package user

import (
	"context"
	"fmt"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/kafka"
	"cartograph/subgraphs/user/db"
)

const (
	inboxPoll = 30 * time.Second // bounds how late a notification is sent whose signal was lost

	// The event wakes all replicas at once, while one of them still stores it.
	inboxRetry   = 200 * time.Millisecond
	inboxRetries = 25

	maxInboxBatch = 50
)

// RunInboxWatch wakes the subscriptions of this replica by the notifications that any
// replica stores, until ctx ends.
func (s *Service) RunInboxWatch(ctx context.Context, brokers []string) error {
	posted := event.Type[event.NotificationPosted]()
	return kafka.Watch(ctx, brokers, []event.Topic{event.Notifications}, s.log, func(e event.Envelope) {
		if e.Type == posted {
			s.inboxes.Notify(e.Subject)
		}
	})
}

// WatchNotifications sends each notification of the caller that arrives from now on,
// once and in order, until ctx ends.
func (s *Service) WatchNotifications(ctx context.Context) (<-chan *Notification, error) {
	caller := auth.From(ctx)
	if caller.Kind != auth.User {
		return nil, signInFirst()
	}
	arrived, stop := s.inboxes.Watch(caller.ID) // before the read: no notification falls in between
	last, err := db.New(s.pool).LastNotification(ctx, caller.ID)
	if err != nil {
		stop()
		return nil, fmt.Errorf("last notification of %s: %w", caller.ID, err)
	}
	out := make(chan *Notification)
	go func() {
		defer close(out)
		defer stop()
		for retries := 0; ; retries-- {
			sent, err := s.sendAfter(ctx, caller.ID, &last, out)
			if err != nil {
				if ctx.Err() == nil {
					s.log.WarnContext(ctx, "subscription failed", "user_id", caller.ID, "err", err)
				}
				return
			}
			if sent {
				retries = 0
			}
			wait := inboxPoll
			if retries > 0 {
				wait = inboxRetry
			}
			select {
			case <-arrived:
				retries = inboxRetries
			case <-time.After(wait):
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, nil
}

// sendAfter sends the notifications after a position and moves it.
func (s *Service) sendAfter(ctx context.Context, userID string, last *int64, out chan<- *Notification) (sent bool, err error) {
	for {
		rows, err := db.New(s.pool).NotificationsAfter(ctx, db.NotificationsAfterParams{UserID: userID, After: *last, Most: maxInboxBatch})
		if err != nil {
			return sent, err
		}
		for _, n := range notificationsOf(rows) {
			select {
			case out <- n:
				*last, sent = n.position, true
			case <-ctx.Done():
				return sent, ctx.Err()
			}
		}
		if len(rows) < maxInboxBatch {
			return sent, nil
		}
	}
}
