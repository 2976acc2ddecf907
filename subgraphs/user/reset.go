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
	"cartograph/internal/outbox"
	"cartograph/subgraphs/user/db"
)

const (
	resetPoll  = time.Second
	resetBatch = 100
)

// RequestPasswordReset accepts the request for a new password of an address. It only
// stores the address: RunResets finds out whether there is an account. So neither the
// answer nor its duration depends on it.
func (s *Service) RequestPasswordReset(ctx context.Context, email string) error {
	email = normalEmail(email)
	if f := checkEmail(email); f != nil {
		return f.At("email")
	}
	if err := s.awaitAttempt(ctx, resetAttempt(auth.From(ctx), email)); err != nil {
		return err
	}
	if err := db.New(s.pool).RequestPasswordReset(ctx, db.RequestPasswordResetParams{Email: email, Now: s.Now()}); err != nil {
		return fmt.Errorf("request a new password: %w", err)
	}
	s.resets.Notify()
	return nil
}

// RunResets publishes the mails of requested password resets, until ctx ends.
func (s *Service) RunResets(ctx context.Context) error {
	for {
		n, err := s.sendResets(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "send password resets, retrying", "err", err)
		}
		if n == resetBatch && err == nil {
			continue // there may be more
		}
		if !s.resets.Wait(ctx, resetPoll) {
			return nil
		}
	}
}

// sendResets publishes the mails of a batch of requests and returns its size.
//
// An address with several accounts gets a link for one: one that was verified, which
// no stranger can have, before the oldest.
func (s *Service) sendResets(ctx context.Context) (n int, err error) {
	err = s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		q := db.New(tx)
		emails, err := q.TakePasswordResetRequests(ctx, resetBatch)
		n = len(emails)
		if err != nil || n == 0 {
			return err
		}
		rows, err := q.AccountsToReset(ctx, emails)
		if err != nil || len(rows) == 0 {
			return err
		}
		ids := make([]string, len(rows))
		for i, row := range rows {
			ids[i] = row.ID
		}
		links, err := s.createLinks(ctx, q, resetPassword, ids...)
		if err != nil {
			return err
		}
		var due []event.Payload
		for _, link := range links {
			row := rows[slices.Index(ids, link.UserID)]
			due = append(due, event.PasswordResetDue{
				UserID: row.ID, Email: row.Email, DisplayName: row.DisplayName, Locale: row.Locale,
				LinkID: link.ID, ExpiresAt: link.ExpiresAt,
			})
		}
		return outbox.Write(ctx, tx, due...)
	})
	return n, err
}

// ResetPassword sets a new password by the token of a mail, ends all sessions of the
// account and signs in. The token proves that the address is the caller's, so it is
// verified, too. It is no second factor.
func (s *Service) ResetPassword(ctx context.Context, token, password string) (*Tokens, *User, error) {
	link, err := s.linkOf(ctx, token, resetPassword)
	if err != nil {
		return nil, nil, err
	}
	if link.UsedAt != nil {
		return nil, nil, linkInvalid()
	}
	row, err := db.New(s.pool).UserByID(ctx, link.UserID)
	if err != nil {
		return nil, nil, fmt.Errorf("account of link %s: %w", link.ID, err)
	}
	if f := checkPassword(password, row.Email); f != nil {
		return nil, nil, f.At("newPassword")
	}
	key, err := s.keys.signing(ctx)
	if err != nil {
		return nil, nil, err
	}
	hash, err := s.hasher.hashBeside(ctx, password, []string{row.PasswordHash}) // see hashBeside: other accounts may share the salt
	if err != nil {
		return nil, nil, err
	}
	var tokens *Tokens
	var required *SecondFactorRequired
	err = s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		tokens, required, row, err = s.replaceForgotten(ctx, tx, key, link, hash)
		return err
	})
	if err == nil && required != nil {
		err = required
	}
	if err != nil {
		return nil, nil, fmt.Errorf("reset the password of %s: %w", link.UserID, err)
	}
	return tokens, userOf(row), nil
}

// replaceForgotten uses a link. The lock of the user orders it with completeLogin: a
// concurrent login either committed before, and its session is revoked here, or sees
// the new hash and fails.
func (s *Service) replaceForgotten(ctx context.Context, tx pgx.Tx, key signingKey, link db.AccountLink, hash string) (*Tokens, *SecondFactorRequired, db.User, error) {
	q, now := db.New(tx), s.Now()
	if _, err := q.LockUser(ctx, link.UserID); errors.Is(err, pgx.ErrNoRows) {
		return nil, nil, db.User{}, linkInvalid()
	} else if err != nil {
		return nil, nil, db.User{}, err
	}
	used, err := q.UseLink(ctx, db.UseLinkParams{ID: link.ID, Now: &now})
	if err != nil {
		return nil, nil, db.User{}, err
	}
	if used == 0 { // by a concurrent request, or the password was changed meanwhile
		return nil, nil, db.User{}, linkInvalid()
	}
	row, err := q.ResetPassword(ctx, db.ResetPasswordParams{ID: link.UserID, NewHash: hash, Now: now})
	if err != nil {
		return nil, nil, row, err
	}
	revoked, err := q.RevokeSessionsOfUser(ctx, db.RevokeSessionsOfUserParams{UserID: &row.ID, Now: &now})
	if err != nil {
		return nil, nil, row, err
	}
	if err := publishRevoked(ctx, tx, now, revoked); err != nil {
		return nil, nil, row, err
	}
	if err := q.DeleteDevicesOfUser(ctx, row.ID); err != nil { // one may be a stranger's
		return nil, nil, row, err
	}
	if err := outbox.Write(ctx, tx, passwordChanged(row, now)); err != nil {
		return nil, nil, row, err
	}
	tokens, required, err := s.admit(ctx, tx, key, row, "", MergeCarts)
	return tokens, required, row, err
}

func passwordChanged(row db.User, now time.Time) event.PasswordChanged {
	return event.PasswordChanged{UserID: row.ID, Email: row.Email, DisplayName: row.DisplayName, Locale: row.Locale, At: now}
}
