package user

import (
	"context"
	"fmt"
	"time"

	"cartograph/subgraphs/user/db"
)

const cleanupPause = time.Hour

// RunCleanup forgets sessions, tokens and counts of attempts whose time is
// over, until ctx ends.
func (s *Service) RunCleanup(ctx context.Context) error {
	return s.every(ctx, cleanupPause, "clean up sessions", s.cleanUp)
}

func (s *Service) cleanUp(ctx context.Context) error {
	q, now := db.New(s.pool), s.Now()
	if _, err := q.DeleteEndedSessions(ctx, now); err != nil {
		return fmt.Errorf("ended sessions: %w", err)
	}
	if _, err := q.DeleteEndedRefreshTokens(ctx, now); err != nil {
		return fmt.Errorf("ended refresh tokens: %w", err)
	}
	if _, err := q.DeleteOldAttempts(ctx, now.Add(-attemptWindow)); err != nil {
		return fmt.Errorf("old attempts: %w", err)
	}
	return nil
}
