package user

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/outbox"
	"cartograph/subgraphs/user/db"
)

// VerifyEmail records that the address of an account is its owner's. A repetition
// with the same token changes nothing.
func (s *Service) VerifyEmail(ctx context.Context, token string) (*User, error) {
	link, err := s.linkOf(ctx, token, verifyEmail)
	if err != nil {
		return nil, err
	}
	var row db.User
	err = s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		q, now := db.New(tx), s.Now()
		// The row of the user before that of the link, as in an erasure.
		if _, err := q.LockUser(ctx, link.UserID); errors.Is(err, pgx.ErrNoRows) {
			return linkInvalid()
		} else if err != nil {
			return err
		}
		if _, err := q.UseLink(ctx, db.UseLinkParams{ID: link.ID, Now: &now}); err != nil {
			return err
		}
		row, err = q.SetEmailVerified(ctx, db.SetEmailVerifiedParams{ID: link.UserID, Now: &now})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("verify the address of %s: %w", link.UserID, err)
	}
	return visibleTo(auth.From(ctx), row), nil
}

// RequestVerification sends the caller another mail to verify the address, unless it
// is verified.
func (s *Service) RequestVerification(ctx context.Context) error {
	err := s.changeSelf(ctx, func(tx pgx.Tx, self db.User) error {
		if self.EmailVerifiedAt != nil {
			return nil
		}
		q, now := db.New(tx), s.Now()
		oldest, err := q.OldestLinkSince(ctx, db.OldestLinkSinceParams{
			UserID: self.ID, Purpose: string(verifyEmail), Since: now.Add(-verificationLimit), Newer: maxVerifications - 1,
		})
		if err == nil {
			return tooManyMails(oldest.Add(verificationLimit).Sub(now))
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		return s.sendVerification(ctx, tx, self)
	})
	if err != nil {
		return fmt.Errorf("request the verification of an address: %w", err)
	}
	return nil
}

// sendVerification publishes that a mail to verify the address is due. Other accounts
// of the address may have had as many mails as an address gets: that is not reported,
// or the answer would reveal that there are others.
func (s *Service) sendVerification(ctx context.Context, tx pgx.Tx, row db.User) error {
	links, err := s.createLinks(ctx, db.New(tx), verifyEmail, row.ID)
	if err != nil || len(links) == 0 {
		return err
	}
	return outbox.Write(ctx, tx, event.EmailVerificationDue{
		UserID: row.ID, Email: row.Email, DisplayName: row.DisplayName, Locale: row.Locale,
		LinkID: links[0].ID, ExpiresAt: links[0].ExpiresAt,
	})
}
