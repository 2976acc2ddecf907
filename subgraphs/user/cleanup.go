package user

import (
	"context"
	"fmt"
	"time"

	"cartograph/subgraphs/user/db"
)

const cleanupInterval = 10 * time.Minute

// RunCleanup deletes expired sessions, refresh tokens, attempts, devices, links,
// challenges and notifications, until ctx ends.
func (s *Service) RunCleanup(ctx context.Context) error {
	return s.every(ctx, cleanupInterval, "clean up sessions", s.cleanUp)
}

// cleanUp goes by the database's clock: that of one process may be ahead, and what
// is deleted is gone for all.
func (s *Service) cleanUp(ctx context.Context) error {
	q := db.New(s.pool)
	if _, err := q.DeleteEndedSessions(ctx); err != nil {
		return fmt.Errorf("delete ended sessions: %w", err)
	}
	if _, err := q.DeleteEndedRefreshTokens(ctx); err != nil {
		return fmt.Errorf("delete ended refresh tokens: %w", err)
	}
	if _, err := q.ForgetSuccessors(ctx, refreshGrace.Seconds()); err != nil {
		return fmt.Errorf("clear successors of refresh tokens: %w", err)
	}
	if _, err := q.DeleteOldAttempts(ctx, attemptWindow.Seconds()); err != nil {
		return fmt.Errorf("old attempts: %w", err)
	}
	if _, err := q.DeleteExcessAttempts(ctx, maxAttemptRows); err != nil {
		return fmt.Errorf("excess attempts: %w", err)
	}
	if _, err := q.DeleteUnusedDevices(ctx, deviceRetention.Seconds()); err != nil {
		return fmt.Errorf("unused devices: %w", err)
	}
	if err := q.DeleteOldAPIClientUsage(ctx, dayOf(s.Now().AddDate(0, 0, -usageDays))); err != nil {
		return fmt.Errorf("old usage of API clients: %w", err)
	}
	if _, err := q.DeleteEndedSignInChallenges(ctx); err != nil {
		return fmt.Errorf("ended challenges: %w", err)
	}
	if _, err := q.DeleteEndedLinks(ctx, linkRetention.Seconds()); err != nil {
		return fmt.Errorf("ended links: %w", err)
	}
	if _, err := q.DeleteOldNotifications(ctx, notificationRetention.Seconds()); err != nil {
		return fmt.Errorf("old notifications: %w", err)
	}
	return nil
}
