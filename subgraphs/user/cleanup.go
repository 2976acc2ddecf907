package user

import (
	"context"
	"fmt"
	"time"

	"cartograph/subgraphs/user/db"
)

const cleanupInterval = 10 * time.Minute

// RunCleanup deletes expired sessions, refresh tokens, attempts and devices, until
// ctx ends.
func (s *Service) RunCleanup(ctx context.Context) error {
	return s.every(ctx, cleanupInterval, "clean up sessions", s.cleanUp)
}

func (s *Service) cleanUp(ctx context.Context) error {
	q, now := db.New(s.pool), s.Now()
	if _, err := q.DeleteEndedSessions(ctx, now); err != nil {
		return fmt.Errorf("delete ended sessions: %w", err)
	}
	if _, err := q.DeleteEndedRefreshTokens(ctx, now); err != nil {
		return fmt.Errorf("delete ended refresh tokens: %w", err)
	}
	usedBefore := now.Add(-refreshGrace)
	if _, err := q.ForgetSuccessors(ctx, &usedBefore); err != nil {
		return fmt.Errorf("forget successors of refresh tokens: %w", err)
	}
	if _, err := q.DeleteOldAttempts(ctx, now.Add(-attemptWindow)); err != nil {
		return fmt.Errorf("old attempts: %w", err)
	}
	if _, err := q.DeleteExcessAttempts(ctx, maxAttemptRows); err != nil {
		return fmt.Errorf("excess attempts: %w", err)
	}
	if _, err := q.DeleteUnusedDevices(ctx, now.Add(-deviceRetention)); err != nil {
		return fmt.Errorf("unused devices: %w", err)
	}
	return nil
}
