package user

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/fault"
	"cartograph/internal/optional"
	"cartograph/subgraphs/user/db"
)

const (
	challengeTTL         = 5 * time.Minute
	maxChallengeAttempts = 5
)

// SecondFactorRequired is the error of a sign-in whose password was right, to an account
// with a second factor. VerifyLogin completes the sign-in with the challenge, which is
// good for nothing else.
type SecondFactorRequired struct {
	Challenge string
	ExpiresAt time.Time
}

func (e *SecondFactorRequired) Error() string { return "a second factor is required" }

// Unwrap is the user error.
func (e *SecondFactorRequired) Unwrap() error {
	return fault.Localized(fault.Unauthenticated, "user.second_factor_required").WithCode("SECOND_FACTOR_REQUIRED")
}

// admit signs a user in by one factor. An account that has another one gets a
// challenge in place of tokens; no guest is claimed then, and no device remembered.
func (s *Service) admit(ctx context.Context, tx pgx.Tx, key signingKey, row db.User, deviceToken string, merge CartMerge) (*Tokens, *SecondFactorRequired, error) {
	if row.TOTPEnabledAt == nil {
		tokens, err := s.signIn(ctx, tx, key, row, deviceToken, merge)
		return tokens, nil, err
	}
	now := s.Now()
	required := &SecondFactorRequired{Challenge: newSecret(), ExpiresAt: now.Add(challengeTTL)}
	err := db.New(tx).CreateSignInChallenge(ctx, db.CreateSignInChallengeParams{
		Hash: hashOf(required.Challenge), UserID: row.ID, CartMerge: string(merge), Now: now, ExpiresAt: required.ExpiresAt,
	})
	return nil, required, err
}

// LoginVerification is the input of VerifyLogin.
type LoginVerification struct {
	Challenge   string
	Code        string  // of the authenticator, or a recovery code
	DeviceToken *string // of an earlier sign-in on the same device
}

// VerifyLogin completes a sign-in with the second factor. Wrong codes are counted by
// challenge and by account, those on a device of the account apart from others, so that
// whoever has the password keeps the owner out neither of there nor of recovery codes.
func (s *Service) VerifyLogin(ctx context.Context, v LoginVerification) (*Tokens, *User, error) {
	challenge, err := db.New(s.pool).SignInChallenge(ctx, hashOf(v.Challenge))
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, nil, challengeInvalid()
	case err != nil:
		return nil, nil, fmt.Errorf("challenge of a sign-in: %w", err)
	case !challenge.ExpiresAt.After(s.Now()):
		return nil, nil, challengeExpired()
	}
	device, err := s.deviceOf(ctx, challenge.UserID, v.DeviceToken)
	if err != nil {
		return nil, nil, fmt.Errorf("device of %s: %w", challenge.UserID, err)
	}
	v.Code = tidyCode(v.Code)
	counted := codeAttempt(challenge.UserID, v.Code, device)
	if err := s.awaitAttempt(ctx, counted); err != nil {
		return nil, nil, err
	}
	key, err := s.keys.signing(ctx)
	if err != nil {
		return nil, nil, err
	}
	var tokens *Tokens
	var row db.User
	var rejection error // returned after the commit, or the attempt would not be counted
	err = s.outbox.InTx(ctx, func(tx pgx.Tx) (err error) {
		tokens, row, rejection, err = s.verifyLogin(ctx, tx, key, challenge, v, counted)
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("verify sign-in of %s: %w", challenge.UserID, err)
	}
	if rejection != nil {
		return nil, nil, rejection
	}
	return tokens, userOf(row), nil
}

func (s *Service) verifyLogin(
	ctx context.Context, tx pgx.Tx, key signingKey, challenge db.SignInChallenge, v LoginVerification, counted attempt,
) (tokens *Tokens, row db.User, rejection, err error) {
	q := db.New(tx)
	row, err = q.LockUser(ctx, challenge.UserID)
	if errors.Is(err, pgx.ErrNoRows) { // deleted meanwhile
		return nil, row, challengeInvalid(), nil
	}
	if err != nil {
		return nil, row, nil, err
	}
	n, err := q.AttemptSignInChallenge(ctx, db.AttemptSignInChallengeParams{Hash: challenge.Hash, Most: maxChallengeAttempts, Now: s.Now()})
	if err != nil {
		return nil, row, nil, err
	}
	if n == 0 {
		return nil, row, challengeInvalid(), nil
	}
	ok, err := s.useCode(ctx, tx, row, v.Code)
	if err != nil {
		return nil, row, nil, err
	}
	if !ok {
		return nil, row, wrongCode("input", "code"), nil
	}
	if err := q.DeleteSignInChallenge(ctx, challenge.Hash); err != nil {
		return nil, row, nil, err
	}
	if err := counted.reset(ctx, q); err != nil {
		return nil, row, nil, err
	}
	tokens, err = s.signIn(ctx, tx, key, row, optional.Value(v.DeviceToken), CartMerge(challenge.CartMerge))
	if err == nil && *tokens.DeviceToken != optional.Value(v.DeviceToken) {
		err = s.notifyOfDevice(ctx, tx, row, *tokens.DeviceToken)
	}
	return tokens, row, nil, err
}

func challengeInvalid() *fault.Error {
	return fault.Localized(fault.Unauthenticated, "user.challenge_invalid").WithCode("TOKEN_INVALID").At("input", "challenge")
}

func challengeExpired() *fault.Error {
	return fault.Localized(fault.Unauthenticated, "user.challenge_invalid").WithCode("TOKEN_EXPIRED").At("input", "challenge")
}
