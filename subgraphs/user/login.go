package user

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/optional"
	"cartograph/internal/outbox"
	"cartograph/subgraphs/user/db"
)

// CartMerge is what becomes of the cart of a guest who signs in. The cart service does
// it on the first use of the cart.
type CartMerge string

// The choices.
const (
	MergeCarts      CartMerge = "MERGE"
	KeepGuestCart   CartMerge = "KEEP_GUEST"
	KeepAccountCart CartMerge = "KEEP_ACCOUNT"
)

// signIn creates a session for a user. A guest who signs in becomes that user for
// good: the first account to claim a guest keeps it, so that no other who obtains
// a guest's token later can merge that guest's cart into another account. The
// session of the guest is revoked.
func (s *Service) signIn(ctx context.Context, tx pgx.Tx, key signingKey, row db.User, deviceToken string, merge CartMerge) (*Tokens, error) {
	guestID, err := s.claimGuest(ctx, tx, row.ID)
	if err != nil {
		return nil, err
	}
	q := db.New(tx)
	deviceToken, err = s.rememberDevice(ctx, q, row.ID, deviceToken)
	if err != nil {
		return nil, err
	}
	tokens, err := s.openSession(ctx, q, key, &row, guestID, merge)
	if err == nil {
		tokens.DeviceToken = &deviceToken
	}
	return tokens, err
}

// claimGuest returns the guest that the caller was before and is the user from now
// on; nil if the caller is no guest or another user's.
func (s *Service) claimGuest(ctx context.Context, tx pgx.Tx, userID string) (*string, error) {
	caller, q, now := auth.From(ctx), db.New(tx), s.Now()
	if caller.Kind != auth.Guest {
		return nil, nil
	}
	guestID := &caller.ID
	first, err := q.ClaimGuest(ctx, db.ClaimGuestParams{GuestID: caller.ID, UserID: userID, Now: now})
	if errors.Is(err, pgx.ErrNoRows) {
		guestID, err = nil, nil
	}
	if err != nil {
		return nil, err
	}
	if first {
		if err := outbox.Write(ctx, tx, event.GuestClaimed{GuestID: caller.ID, UserID: userID}); err != nil {
			return nil, err
		}
	}
	return guestID, q.RevokeGuestSessions(ctx, db.RevokeGuestSessionsParams{GuestID: &caller.ID, Now: &now})
}

// Credentials are the input of Login.
type Credentials struct {
	Email       string
	Password    string
	DeviceToken *string // of an earlier sign-in on the same device
	CartMerge   CartMerge
}

// Login signs in by password. An unknown address gets the same answer as a wrong
// password, after the same time: it costs one hash too, as does an address with
// several accounts.
//
// An attempt on a device of an account waits in line with those of the device and
// compares with that account. Any other attempt, and one that does not match there,
// waits in line with its network: who has an account of their own with another's
// address does not get more attempts at the other account than others.
func (s *Service) Login(ctx context.Context, c Credentials) (*Tokens, *User, error) {
	c.Email = normalEmail(c.Email)
	owner, err := s.accountOfDevice(ctx, c)
	if err != nil {
		return nil, nil, fmt.Errorf("login: %w", err)
	}
	var found accounts
	matched := -1
	if owner != "" {
		counted := deviceAttempt(c.Email, optional.Value(c.DeviceToken))
		if found, matched, err = s.check(ctx, counted, owner, c); err != nil {
			return nil, nil, err
		}
		if matched >= 0 && found[matched].ID == owner {
			return s.login(ctx, counted, found[matched], c)
		}
	}
	counted := networkAttempt(auth.From(ctx), c.Email)
	if owner != "" {
		err = s.awaitAttempt(ctx, counted)
	} else {
		found, matched, err = s.check(ctx, counted, "", c)
	}
	if err != nil {
		return nil, nil, err
	}
	if matched >= 0 {
		return s.login(ctx, counted, found[matched], c)
	}
	if owner == "" || len(found) > 1 { // else it is the owner's mistake
		if err := s.countFailure(ctx, c.Email, found); err != nil {
			return nil, nil, err
		}
	}
	return nil, nil, invalidCredentials()
}

// check waits for the attempt's turn and compares the password with those of the
// address, the owner's first. It reads the accounts after the wait: attempts that
// are refused cost one transaction.
func (s *Service) check(ctx context.Context, counted attempt, owner string, c Credentials) (accounts, int, error) {
	if err := s.awaitAttempt(ctx, counted); err != nil {
		return nil, -1, err
	}
	found, err := accountsOfEmail(ctx, db.New(s.pool), c.Email)
	if err != nil {
		return nil, -1, fmt.Errorf("login: %w", err)
	}
	found = found.withFirst(owner)
	matched, err := s.hasher.match(ctx, c.Password, found.hashes())
	return found, matched, err
}

// accountOfDevice is the account with the address that has signed in on the device
// before; empty if there is none.
func (s *Service) accountOfDevice(ctx context.Context, c Credentials) (owner string, err error) {
	token := optional.Value(c.DeviceToken)
	if token == "" || !isEmail(c.Email) {
		return "", nil
	}
	err = s.inLine(ctx, func() error {
		owner, err = db.New(s.pool).AccountOfDevice(ctx, db.AccountOfDeviceParams{TokenHash: hashOf(token), Email: c.Email})
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return owner, err
}

func (s *Service) login(ctx context.Context, counted attempt, row db.User, c Credentials) (*Tokens, *User, error) {
	tokens, err := s.completeLogin(ctx, counted, row, c)
	if err != nil {
		return nil, nil, fmt.Errorf("login of %s: %w", row.ID, err)
	}
	return tokens, userOf(row), nil
}

// verify returns an error if a password is not that of a hash.
func (s *Service) verify(ctx context.Context, password, hash string) error {
	matched, err := s.hasher.match(ctx, password, []string{hash})
	if err != nil {
		return fmt.Errorf("verify password: %w", err)
	}
	if matched < 0 {
		return invalidCredentials()
	}
	return nil
}

// completeLogin creates the session after the password was verified, or the challenge of
// an account with a second factor. It locks the
// user and compares the hash again: a password change that committed since the
// verification has revoked all sessions, and this one would escape it. A hash of
// outdated cost is replaced while the password is at hand. Hashing happens before
// the transaction, which would otherwise hold a row lock for 20 ms of CPU.
func (s *Service) completeLogin(ctx context.Context, counted attempt, row db.User, c Credentials) (*Tokens, error) {
	key, err := s.keys.signing(ctx)
	if err != nil {
		return nil, err
	}
	renewed := row.PasswordHash
	if outdated(renewed) {
		if renewed, err = s.hasher.hashBeside(ctx, c.Password, []string{renewed}); err != nil {
			return nil, err
		}
	}
	var tokens *Tokens
	var required *SecondFactorRequired
	err = s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		q := db.New(tx)
		now, err := q.LockUser(ctx, row.ID)
		if errors.Is(err, pgx.ErrNoRows) {
			return invalidCredentials() // deleted meanwhile
		}
		if err != nil {
			return err
		}
		if now.PasswordHash != row.PasswordHash {
			return invalidCredentials()
		}
		if renewed != row.PasswordHash {
			_, err := q.SetPasswordHash(ctx, db.SetPasswordHashParams{ID: row.ID, OldHash: row.PasswordHash, NewHash: renewed, Now: now.PasswordSetAt})
			if err != nil {
				return err
			}
		}
		if err := counted.reset(ctx, q); err != nil {
			return err
		}
		tokens, required, err = s.admit(ctx, tx, key, now, optional.Value(c.DeviceToken), c.CartMerge)
		if err != nil || required != nil || *tokens.DeviceToken == optional.Value(c.DeviceToken) {
			return err
		}
		return s.notifyOfDevice(ctx, tx, now, *tokens.DeviceToken)
	})
	if err == nil && required != nil {
		err = required
	}
	return tokens, err
}
