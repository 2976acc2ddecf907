package user

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/subgraphs/user/db"
)

// The throttle of password checks. A window begins with its first attempt. An
// attempt is counted before the password is checked and uncounted when it was
// right, so that concurrent guesses cannot pass the limit together.
const (
	maxAttempts   = 10
	attemptWindow = 15 * time.Minute
)

// attempt is a password check, counted by e-mail address and by actor: the first
// stops guessing at one account from anywhere, the second one client guessing at
// many accounts.
type attempt struct {
	emailKey string
	actorKey string // empty for callers without a token
}

func attemptOf(caller auth.Caller, email string) attempt {
	sum := sha256.Sum256([]byte(email)) // hashed, because people type passwords into the wrong field
	a := attempt{emailKey: "email:" + hex.EncodeToString(sum[:])}
	if caller.ID != "" {
		a.actorKey = "actor:" + caller.ID
	}
	return a
}

// countAttempt counts an attempt, or returns an error if the limit is reached.
// Unknown addresses are counted like known ones, or the throttle would tell them
// apart.
func (s *Service) countAttempt(ctx context.Context, a attempt) error {
	keys := []string{a.emailKey}
	if a.actorKey != "" {
		keys = append(keys, a.actorKey)
	}
	now := s.Now()
	admitted, err := db.New(s.pool).CountAttempts(ctx, db.CountAttemptsParams{
		Keys: keys, Now: now, WindowStart: now.Add(-attemptWindow), Most: maxAttempts,
	})
	if err != nil {
		return fmt.Errorf("count attempts: %w", err)
	}
	minutes := int(attemptWindow.Minutes())
	switch {
	case !slices.Contains(admitted, a.emailKey):
		return fault.New(fault.RateLimited, "Too many failed sign-ins for this account. Try again in %d minutes.", minutes).
			WithCode("ACCOUNT_LOCKED")
	case a.actorKey != "" && !slices.Contains(admitted, a.actorKey):
		return fault.New(fault.RateLimited, "Too many failed sign-ins. Try again in %d minutes.", minutes)
	default:
		return nil
	}
}

// reset uncounts an attempt whose password was right. The address starts anew;
// the actor gets back this one attempt only, so that a correct password of their
// own does not reset the guesses at others.
func (a attempt) reset(ctx context.Context, q *db.Queries) error {
	if err := q.ResetAttempts(ctx, a.emailKey); err != nil || a.actorKey == "" {
		return err
	}
	return q.DecrementAttempts(ctx, a.actorKey)
}
