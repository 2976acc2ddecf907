package user

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/outbox"
	"cartograph/subgraphs/user/db"
)

// erasedName is the public name of accounts that were deleted, beside their reviews.
const erasedName = "Deleted account"

// DeleteAccount erases the caller's account.
func (s *Service) DeleteAccount(ctx context.Context, password string) error {
	row, counted, err := s.reauthenticate(ctx, password)
	if err != nil {
		return err
	}
	return s.erase(ctx, row.ID, func(q *db.Queries, self db.User) error {
		if self.PasswordHash != row.PasswordHash { // changed by a concurrent request
			return atPassword(invalidCredentials(), "password")
		}
		return counted.reset(ctx, q)
	})
}

// Erase erases an account for the operator of the server.
func (s *Service) Erase(ctx context.Context, userID string) error {
	if id.PrefixOf(userID) != id.User {
		return userNotFound()
	}
	err := s.erase(ctx, userID, func(q *db.Queries, _ db.User) error {
		return s.audit(ctx, q, audit.AccountErased, userID, nil, nil)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return userNotFound()
	}
	return err
}

// erase removes what identifies a user, ends all sessions and publishes UserErased, by
// which the other services do the same. The row stays, as what orders and reviews refer
// to. permit decides on the locked row. An account that was erased before stays as it
// is.
//
// The last administrator cannot be erased: nobody could appoint another.
func (s *Service) erase(ctx context.Context, userID string, permit func(*db.Queries, db.User) error) error {
	hash, err := s.hasher.hash(ctx, newSecret()) // of a password that nobody has
	if err != nil {
		return err
	}
	err = s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		q, now := db.New(tx), s.Now()
		if err := q.LockRoles(ctx); err != nil {
			return err
		}
		self, err := q.LockUserOrErased(ctx, userID)
		if err != nil || self.ErasedAt != nil {
			return err
		}
		if err := permit(q, self); err != nil {
			return err
		}
		if slices.Contains(self.Roles, string(Admin)) {
			others, err := q.HasOtherAdmin(ctx, userID)
			if err != nil {
				return err
			}
			if !others {
				return fault.Localized(fault.Invalid, "user.last_admin")
			}
		}
		err = q.EraseUser(ctx, db.EraseUserParams{
			ID: userID, Email: strings.ToLower(userID) + "@erased.invalid", PasswordHash: hash, DisplayName: erasedName, Now: now,
		})
		if err != nil {
			return err
		}
		for _, remove := range []func(context.Context, string) error{
			q.DeleteAddressesOfUser, q.DeleteDevicesOfUser, q.DeleteLinksOfUser,
			q.DeleteTOTPSecret, q.DeleteRecoveryCodes, q.DeleteSignInChallengesOfUser,
			func(ctx context.Context, userID string) error { return q.ClearOriginsOfSessions(ctx, &userID) },
			q.DeleteNotificationsOfUser, q.DeletePreferencesOfUser, q.DeleteQuietHours, q.DeletePushSubscriptionsOfUser,
		} {
			if err := remove(ctx, userID); err != nil {
				return err
			}
		}
		if err := s.erasePartner(ctx, tx, userID, now); err != nil {
			return err
		}
		revoked, err := q.RevokeSessionsOfUser(ctx, db.RevokeSessionsOfUserParams{UserID: &userID, Now: &now})
		if err != nil {
			return err
		}
		if err := publishRevoked(ctx, tx, now, revoked); err != nil {
			return err
		}
		return outbox.Write(ctx, tx, event.UserErased{UserID: userID, DisplayName: erasedName})
	})
	if err != nil {
		return fmt.Errorf("erase account %s: %w", userID, err)
	}
	return nil
}
