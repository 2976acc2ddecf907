package user

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/optional"
	"cartograph/internal/outbox"
	"cartograph/subgraphs/user/db"
)

// enrollmentTTL is how long an enrolment waits for its first code.
const enrollmentTTL = time.Hour

// EnrollTOTP creates the secret of an authenticator. It is in use once a code of it was
// confirmed: an account whose owner did not get that far is not locked out.
func (s *Service) EnrollTOTP(ctx context.Context, password string) (*TOTPEnrollment, error) {
	row, counted, err := s.reauthenticate(ctx, password)
	if err != nil {
		return nil, err
	}
	secret := newTOTPSecret()
	enrollment, err := enrollmentOf(secret, row.Email)
	if err != nil {
		return nil, fmt.Errorf("enrol %s: %w", row.ID, err)
	}
	err = s.changeVerified(ctx, row, func(tx pgx.Tx, self db.User) error {
		q := db.New(tx)
		if self.TOTPEnabledAt != nil {
			return fault.Localized(fault.Invalid, "user.second_factor_enabled")
		}
		if err := counted.reset(ctx, q); err != nil {
			return err
		}
		return q.SaveTOTPSecret(ctx, db.SaveTOTPSecretParams{UserID: self.ID, Secret: s.sealer.seal(secret, self.ID), Now: s.Now()})
	})
	if err != nil {
		return nil, fmt.Errorf("enrol %s: %w", row.ID, err)
	}
	return enrollment, nil
}

// ConfirmTOTP puts the second factor in use by the first code of the authenticator, and
// returns recovery codes, which cannot be read again. It ends the other sessions of the
// user: they began without it.
func (s *Service) ConfirmTOTP(ctx context.Context, code string) ([]string, *User, error) {
	shown, hashes := newRecoveryCodes()
	var row db.User
	err := s.changeSelf(ctx, func(tx pgx.Tx, self db.User) error {
		q, now := db.New(tx), s.Now()
		if self.TOTPEnabledAt != nil {
			return fault.Localized(fault.Invalid, "user.second_factor_enabled")
		}
		pending, err := q.TOTPSecret(ctx, self.ID)
		if errors.Is(err, pgx.ErrNoRows) || err == nil && pending.CreatedAt.Before(now.Add(-enrollmentTTL)) {
			return fault.Localized(fault.Invalid, "user.no_enrollment")
		}
		if err != nil {
			return err
		}
		if ok, err := s.useTOTPCode(ctx, q, self.ID, tidyCode(code)); err != nil {
			return err
		} else if !ok {
			return wrongCode("code")
		}
		if row, err = q.EnableTOTP(ctx, db.EnableTOTPParams{ID: self.ID, Now: &now}); err != nil {
			return err
		}
		if err := replaceRecoveryCodes(ctx, q, self.ID, hashes, now); err != nil {
			return err
		}
		revoked, err := q.RevokeOtherSessions(ctx, db.RevokeOtherSessionsParams{UserID: &self.ID, KeepID: auth.From(ctx).SessionID, Now: &now})
		if err != nil {
			return err
		}
		if err := publishRevoked(ctx, tx, now, revoked); err != nil {
			return err
		}
		return s.secondFactorChanged(ctx, tx, row, event.SecondFactorEnabled, audit.SecondFactorEnabled)
	})
	if err != nil {
		return nil, nil, fmt.Errorf("confirm second factor: %w", err)
	}
	return shown, userOf(row), nil
}

// DisableTOTP takes the second factor out of use, by the password and a code.
func (s *Service) DisableTOTP(ctx context.Context, password, code string) (*User, error) {
	var row db.User
	err := s.byBothFactors(ctx, password, code, func(tx pgx.Tx, self db.User) (err error) {
		if row, err = s.disable(ctx, tx, self); err != nil {
			return err
		}
		return s.secondFactorChanged(ctx, tx, row, event.SecondFactorDisabled, audit.SecondFactorDisabled)
	})
	if err != nil {
		return nil, fmt.Errorf("disable second factor: %w", err)
	}
	return userOf(row), nil
}

// ReplaceRecoveryCodes returns new recovery codes. Those before stop working.
func (s *Service) ReplaceRecoveryCodes(ctx context.Context, password, code string) ([]string, *User, error) {
	shown, hashes := newRecoveryCodes()
	var row db.User
	err := s.byBothFactors(ctx, password, code, func(tx pgx.Tx, self db.User) error {
		row = self
		if err := replaceRecoveryCodes(ctx, db.New(tx), self.ID, hashes, s.Now()); err != nil {
			return err
		}
		return s.secondFactorChanged(ctx, tx, self, event.RecoveryCodesReplaced, "")
	})
	if err != nil {
		return nil, nil, fmt.Errorf("replace recovery codes: %w", err)
	}
	return shown, userOf(row), nil
}

// ResetSecondFactor takes a user's second factor out of use, for staff: the user has
// lost the authenticator and the recovery codes. A repetition changes nothing.
func (s *Service) ResetSecondFactor(ctx context.Context, userID string) (*User, error) {
	if id.PrefixOf(userID) != id.User {
		return nil, userNotFound()
	}
	var row db.User
	err := s.outbox.InTx(ctx, func(tx pgx.Tx) (err error) {
		if row, err = db.New(tx).LockUser(ctx, userID); errors.Is(err, pgx.ErrNoRows) {
			return userNotFound()
		}
		if err != nil || row.TOTPEnabledAt == nil {
			return err
		}
		was := audit.Values{"enabledAt": row.TOTPEnabledAt}
		if row, err = s.disable(ctx, tx, row); err != nil {
			return err
		}
		if err := s.audit(ctx, db.New(tx), audit.SecondFactorReset, userID, was, nil); err != nil {
			return err
		}
		return s.secondFactorChanged(ctx, tx, row, event.SecondFactorReset, "")
	})
	if err != nil {
		return nil, fmt.Errorf("reset second factor of %s: %w", userID, err)
	}
	return userOf(row), nil
}

func (s *Service) disable(ctx context.Context, tx pgx.Tx, row db.User) (db.User, error) {
	q := db.New(tx)
	for _, remove := range []func(context.Context, string) error{q.DeleteTOTPSecret, q.DeleteRecoveryCodes, q.DeleteSignInChallengesOfUser} {
		if err := remove(ctx, row.ID); err != nil {
			return row, err
		}
	}
	return q.DisableTOTP(ctx, row.ID)
}

func replaceRecoveryCodes(ctx context.Context, q *db.Queries, userID string, hashes [][]byte, now time.Time) error {
	if err := q.DeleteRecoveryCodes(ctx, userID); err != nil {
		return err
	}
	return q.CreateRecoveryCodes(ctx, db.CreateRecoveryCodesParams{UserID: userID, Hashes: hashes, Now: now})
}

// secondFactorChanged publishes a change, which the user gets a mail about. What staff
// do to their own second factor is in the audit log, too.
func (s *Service) secondFactorChanged(ctx context.Context, tx pgx.Tx, row db.User, change event.SecondFactorChange, action audit.Action) error {
	q := db.New(tx)
	counts, err := q.CountRecoveryCodes(ctx, []string{row.ID})
	if err != nil {
		return err
	}
	changed := event.SecondFactorChanged{
		UserID: row.ID, Email: row.Email, DisplayName: row.DisplayName, Locale: row.Locale, Change: change, At: s.Now(),
	}
	for _, c := range counts {
		changed.RecoveryCodesLeft = int(c.Unused)
	}
	if action != "" && isStaff(userOf(row).Roles()) {
		if err := s.audit(ctx, q, action, row.ID, nil, nil); err != nil {
			return err
		}
	}
	return outbox.Write(ctx, tx, changed)
}

// reauthenticate compares the caller's password, counted like all attempts of the
// session. The row is not locked.
func (s *Service) reauthenticate(ctx context.Context, password string) (db.User, attempt, error) {
	caller := auth.From(ctx)
	counted := sessionAttempt(caller)
	if caller.Kind != auth.User {
		return db.User{}, counted, signInFirst()
	}
	row, err := db.New(s.pool).UserByID(ctx, caller.ID)
	if errors.Is(err, pgx.ErrNoRows) {
		return row, counted, signInFirst()
	}
	if err != nil {
		return row, counted, fmt.Errorf("account of %s: %w", caller.ID, err)
	}
	if err := s.awaitAttempt(ctx, counted); err != nil {
		return row, counted, err
	}
	return row, counted, atPassword(s.verify(ctx, password, row.PasswordHash), "password")
}

// changeVerified runs fn on the caller's account, locked, unless the password was
// changed since it was compared.
func (s *Service) changeVerified(ctx context.Context, verified db.User, fn func(tx pgx.Tx, self db.User) error) error {
	return s.changeSelf(ctx, func(tx pgx.Tx, self db.User) error {
		if self.PasswordHash != verified.PasswordHash {
			return atPassword(invalidCredentials(), "password")
		}
		return fn(tx, self)
	})
}

// byBothFactors runs fn on the caller's account, locked, after the password and a code.
func (s *Service) byBothFactors(ctx context.Context, password, code string, fn func(tx pgx.Tx, self db.User) error) error {
	row, counted, err := s.reauthenticate(ctx, password)
	if err != nil {
		return err
	}
	if row.TOTPEnabledAt == nil {
		return fault.Localized(fault.Invalid, "user.second_factor_missing")
	}
	code = tidyCode(code)
	guess := codeAttempt(row.ID, code, "")
	if err := s.awaitAttempt(ctx, guess); err != nil {
		return err
	}
	return s.changeVerified(ctx, row, func(tx pgx.Tx, self db.User) error {
		q := db.New(tx)
		if ok, err := s.useCode(ctx, tx, self, code); err != nil {
			return err
		} else if !ok {
			return wrongCode("code")
		}
		if err := errors.Join(counted.reset(ctx, q), guess.reset(ctx, q)); err != nil {
			return err
		}
		return fn(tx, self)
	})
}

// useCode reports whether a code is one of the user's, and that it is used up: the code
// of a step is accepted once, and so is a recovery code.
func (s *Service) useCode(ctx context.Context, tx pgx.Tx, row db.User, code string) (bool, error) {
	q, now := db.New(tx), s.Now()
	if row.TOTPEnabledAt == nil { // disabled meanwhile; an enrolment may be pending
		return false, nil
	}
	if !isRecoveryCode(code) {
		return s.useTOTPCode(ctx, q, row.ID, code)
	}
	n, err := q.UseRecoveryCode(ctx, db.UseRecoveryCodeParams{UserID: row.ID, Hash: hashOf(code), Now: &now})
	if err != nil || n == 0 {
		return false, err
	}
	return true, s.secondFactorChanged(ctx, tx, row, event.RecoveryCodeUsed, "")
}

func (s *Service) useTOTPCode(ctx context.Context, q *db.Queries, userID, code string) (bool, error) {
	stored, err := q.TOTPSecret(ctx, userID)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	secret, err := s.sealer.open(stored.Secret, userID)
	if err != nil {
		return false, fmt.Errorf("second factor of %s: %w", userID, err)
	}
	step, ok, err := stepOf(code, secret, s.Now())
	if err != nil || !ok {
		return false, err
	}
	// Sealed again, so that a new key replaces the one before.
	n, err := q.UseTOTPStep(ctx, db.UseTOTPStepParams{UserID: userID, Step: step, Secret: s.sealer.seal(secret, userID)})
	return n > 0, err
}

// RecoveryCodesLeft are the numbers of unused recovery codes, in the order of the users;
// nil where there is no second factor, or the caller may not see it.
func (s *Service) RecoveryCodesLeft(ctx context.Context, users []*User) ([]*int, error) {
	left, ids := make([]*int, len(users)), []string{}
	for _, u := range users {
		if u.SecondFactorEnabledAt() != nil {
			ids = append(ids, u.ID)
		}
	}
	if len(ids) == 0 {
		return left, nil
	}
	rows, err := db.New(s.pool).CountRecoveryCodes(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("recovery codes: %w", err)
	}
	unused := map[string]int{}
	for _, r := range rows {
		unused[r.UserID] = int(r.Unused)
	}
	for i, u := range users {
		if u.SecondFactorEnabledAt() != nil {
			left[i] = new(unused[u.ID])
		}
	}
	return left, nil
}

func wrongCode(path ...string) *fault.Error {
	return fault.Localized(fault.Unauthenticated, "user.wrong_code").WithCode("CREDENTIALS_INVALID").At(path...)
}

// isStaff reports whether roles grant more than a customer has.
func isStaff(roles []Role) bool {
	return slices.ContainsFunc(roles, func(r Role) bool { return r != Customer })
}

// withheld reports whether a user gets the scopes of a customer only, because staff
// need a second factor and this account has none.
func (s *Service) withheld(row *db.User) bool {
	return s.staffSecondFactor && row.TOTPEnabledAt == nil && isStaff(userOf(*row).Roles())
}

// deviceOf is the token if it is of a device on which the user has signed in, else
// empty.
func (s *Service) deviceOf(ctx context.Context, userID string, token *string) (string, error) {
	if optional.Value(token) == "" {
		return "", nil
	}
	is, err := db.New(s.pool).IsDeviceOf(ctx, db.IsDeviceOfParams{TokenHash: hashOf(*token), UserID: userID})
	if err != nil || !is {
		return "", err
	}
	return *token, nil
}
