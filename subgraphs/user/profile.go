package user

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/address"
	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/optional"
	"cartograph/internal/outbox"
	"cartograph/subgraphs/user/db"
)

// ProfileChange is the input of ChangeProfile; nil leaves a value unchanged.
type ProfileChange struct {
	DisplayName *string
	Phone       *string // empty removes it
	Locale      *string
}

func (p ProfileChange) applied(to db.UpdateProfileParams) (db.UpdateProfileParams, error) {
	var c checks
	if p.DisplayName != nil {
		to.DisplayName = c.line(*p.DisplayName, "name", 1, "input", "displayName")
	}
	if p.Phone != nil {
		phone, f := address.Phone(*p.Phone, "")
		c.add(f, "input", "phone")
		to.Phone = optional.Of(phone)
	}
	if p.Locale != nil {
		to.Locale = *p.Locale
		c.add(checkLocale(to.Locale), "input", "locale")
	}
	return to, c.err()
}

// ChangeProfile changes the caller's profile. A new name or language is published
// as an event.
func (s *Service) ChangeProfile(ctx context.Context, change ProfileChange) (*User, error) {
	var changed db.User
	err := s.changeSelf(ctx, func(tx pgx.Tx, was db.User) error {
		params, err := change.applied(db.UpdateProfileParams{
			ID: was.ID, DisplayName: was.DisplayName, Phone: was.Phone, Locale: was.Locale,
		})
		if err != nil {
			return err
		}
		if changed, err = db.New(tx).UpdateProfile(ctx, params); err != nil {
			return err
		}
		if changed.DisplayName == was.DisplayName && changed.Locale == was.Locale {
			return nil
		}
		return outbox.Write(ctx, tx, event.UserProfileChanged{
			UserID: changed.ID, DisplayName: changed.DisplayName, Locale: changed.Locale,
		})
	})
	if err != nil {
		return nil, fmt.Errorf("change profile: %w", err)
	}
	return userOf(changed), nil
}

// changeSelf runs fn on the caller's account, locked.
func (s *Service) changeSelf(ctx context.Context, fn func(tx pgx.Tx, self db.User) error) error {
	caller := auth.From(ctx)
	if caller.Kind != auth.User {
		return signInFirst()
	}
	return s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		self, err := db.New(tx).LockUser(ctx, caller.ID)
		if errors.Is(err, pgx.ErrNoRows) {
			return signInFirst() // the account was deleted, the token is still valid
		}
		if err != nil {
			return err
		}
		return fn(tx, self)
	})
}

// ChangePassword changes the caller's password and ends their other sessions.
func (s *Service) ChangePassword(ctx context.Context, current, next string) (*User, error) {
	caller := auth.From(ctx)
	if caller.Kind != auth.User {
		return nil, signInFirst()
	}
	row, err := db.New(s.pool).UserByID(ctx, caller.ID)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, signInFirst()
	}
	if err != nil {
		return nil, fmt.Errorf("change password: %w", err)
	}
	if f := checkPassword(next, row.Email); f != nil {
		return nil, f.At("newPassword")
	}
	counted := sessionAttempt(caller)
	if err := s.awaitAttempt(ctx, counted); err != nil {
		return nil, err
	}
	if err := s.verify(ctx, current, row.PasswordHash); err != nil {
		return nil, atPassword(err, "currentPassword")
	}
	hash, err := s.hasher.hashBeside(ctx, next, []string{row.PasswordHash}) // see hashBeside: other accounts may share the salt
	if err != nil {
		return nil, err
	}
	if err := s.replacePassword(ctx, counted, row, hash); err != nil {
		return nil, fmt.Errorf("change password of %s: %w", row.ID, err)
	}
	return userOf(row), nil
}

// replacePassword updates the hash before it revokes sessions. The row lock orders
// it with completeLogin: a concurrent login either committed before, and its
// session is revoked here, or sees the new hash and fails.
func (s *Service) replacePassword(ctx context.Context, counted attempt, row db.User, hash string) error {
	caller, now := auth.From(ctx), s.Now()
	return s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		q := db.New(tx)
		n, err := q.SetPasswordHash(ctx, db.SetPasswordHashParams{ID: row.ID, OldHash: row.PasswordHash, NewHash: hash, Now: now})
		if err != nil {
			return err
		}
		if n == 0 {
			return atPassword(invalidCredentials(), "currentPassword") // changed by a concurrent request
		}
		revoked, err := q.RevokeOtherSessions(ctx, db.RevokeOtherSessionsParams{UserID: &row.ID, KeepID: caller.SessionID, Now: &now})
		if err != nil {
			return err
		}
		if err := publishRevoked(ctx, tx, now, revoked); err != nil {
			return err
		}
		if err := outbox.Write(ctx, tx, passwordChanged(row, now)); err != nil {
			return err
		}
		return counted.reset(ctx, q)
	})
}
