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

// How many wrong passwords are borne within a window that begins with the
// first of them.
const (
	maxAttempts   = 10
	attemptWindow = 15 * time.Minute
)

// attempt is somebody about to show a password for an e-mail address.
type attempt struct {
	emailKey string
	actorKey string // empty for callers without a token
}

func attemptOf(caller auth.Caller, email string) attempt {
	sum := sha256.Sum256([]byte(email)) // people type passwords into the wrong field
	a := attempt{emailKey: "email:" + hex.EncodeToString(sum[:])}
	if caller.ID != "" {
		a.actorKey = "actor:" + caller.ID
	}
	return a
}

// admit counts an attempt before the password is looked at, so that of a
// thousand at once ten are looked at. Whether there is such an account makes
// no difference.
func (s *Service) admit(ctx context.Context, a attempt) error {
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
		return fault.New(fault.RateLimited, "Too many wrong passwords for this account. Try again in %d minutes.", minutes).
			WithCode("ACCOUNT_LOCKED")
	case a.actorKey != "" && !slices.Contains(admitted, a.actorKey):
		return fault.New(fault.RateLimited, "Too many attempts. Try again in %d minutes.", minutes)
	default:
		return nil
	}
}

// forget takes back an attempt that turned out right.
func (a attempt) forget(ctx context.Context, q *db.Queries) error {
	if err := q.ForgetAttempts(ctx, a.emailKey); err != nil || a.actorKey == "" {
		return err
	}
	return q.TakeBackAttempt(ctx, a.actorKey)
}
