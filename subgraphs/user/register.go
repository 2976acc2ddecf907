package user

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/outbox"
	"cartograph/subgraphs/user/db"
)

// An address may have several accounts, distinguished by their passwords. A
// registration with an address that has an account creates another one, like a
// registration with a free address; only the owner of the address gets a mail.
// Otherwise the answer would reveal who has an account, or whoever registers an
// address first would keep its owner out. Twenty registrations by strangers, of which
// the owner is informed by mail, still do so until support removes them.
const (
	maxAccountsOfEmail = 20
	maxRegisterTries   = 4 // a concurrent registration with the same address lets one be repeated
)

// Registration is the input of Register.
type Registration struct {
	Email       string
	Password    string
	DisplayName string
	Locale      string
	CartMerge   CartMerge
}

func (r Registration) checked() (Registration, error) {
	var c checks
	r.Email = normalEmail(r.Email)
	c.add(checkEmail(r.Email), "input", "email")
	c.add(checkPassword(r.Password, r.Email), "input", "password")
	r.DisplayName = c.line(r.DisplayName, "name", 1, "input", "displayName")
	c.add(checkLocale(r.Locale), "input", "locale")
	return r, c.err()
}

// Register creates an account and signs in. A guest becomes that user. If the
// address has an account with the same password it signs in to that one, so that a
// registration may be repeated when its answer was lost.
//
// Registrations wait in line with the sign-ins of their network: each compares the
// password with those of the address, as a sign-in does.
func (s *Service) Register(ctx context.Context, r Registration) (*Tokens, *User, error) {
	r, err := r.checked()
	if err != nil {
		return nil, nil, err
	}
	counted := registrationAttempt(auth.From(ctx), r.Email)
	if err := s.awaitAttempt(ctx, counted); err != nil {
		return nil, nil, err
	}
	key, err := s.keys.signing(ctx)
	if err != nil {
		return nil, nil, err
	}
	err = errAccountsChanged
	var tokens *Tokens
	var row db.User
	for tries := 0; errors.Is(err, errAccountsChanged) && tries < maxRegisterTries; tries++ {
		tokens, row, err = s.register(ctx, key, counted, r)
	}
	switch {
	case errors.Is(err, errAccountsChanged):
		return nil, nil, tooManyAttempts(passwordTimeout)
	case err != nil:
		return nil, nil, fmt.Errorf("register: %w", err)
	default:
		return tokens, userOf(row), nil
	}
}

var errAccountsChanged = errors.New("the accounts of the address changed during the registration")

// register computes one hash, with the salt of the accounts that the address has,
// and compares it with theirs. The transaction repeats the read under a lock, and
// errAccountsChanged is returned if another registration came between.
func (s *Service) register(ctx context.Context, key signingKey, counted attempt, r Registration) (*Tokens, db.User, error) {
	accounts, err := accountsOfEmail(ctx, db.New(s.pool), r.Email)
	if err != nil {
		return nil, db.User{}, err
	}
	hash, err := s.hasher.hashBeside(ctx, r.Password, accounts.hashes())
	if err != nil {
		return nil, db.User{}, err
	}
	same, err := s.hasher.match(ctx, r.Password, accounts.hashes(), hash)
	if err != nil {
		return nil, db.User{}, err
	}
	if same >= 0 {
		tokens, err := s.completeLogin(ctx, counted, accounts[same], Credentials{Password: r.Password, CartMerge: r.CartMerge})
		return tokens, accounts[same], err
	}
	if len(accounts) == maxAccountsOfEmail {
		return nil, db.User{}, fault.Localized(fault.RateLimited, "user.too_many_registrations").At("input", "email")
	}
	row := db.User{
		ID: id.New(id.User), Email: r.Email, PasswordHash: hash, DisplayName: r.DisplayName,
		Locale: r.Locale, Roles: []string{string(Customer)}, CreatedAt: s.Now(),
	}
	var tokens *Tokens
	err = s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		if err := lockAccounts(ctx, tx, r.Email, accounts); err != nil {
			return err
		}
		if _, err := createUser(ctx, tx, row, len(accounts) == 0); err != nil {
			return err
		}
		if err := notifyOwner(ctx, tx, accounts); err != nil {
			return err
		}
		if err := s.sendVerification(ctx, tx, row); err != nil {
			return err
		}
		tokens, err = s.signIn(ctx, tx, key, row, "", r.CartMerge)
		return err
	})
	return tokens, row, err
}

// lockAccounts returns errAccountsChanged if the address has other accounts or
// passwords than those that were read before.
func lockAccounts(ctx context.Context, tx pgx.Tx, email string, read accounts) error {
	q := db.New(tx)
	if err := q.LockEmail(ctx, email); err != nil {
		return err
	}
	now, err := accountsOfEmail(ctx, q, email)
	if err == nil && !now.equal(read) {
		err = errAccountsChanged
	}
	return err
}

// notifyOwner publishes for the oldest account of the address that there is another
// one now.
func notifyOwner(ctx context.Context, tx pgx.Tx, before accounts) error {
	owner := before.oldest()
	if owner == nil {
		return nil
	}
	return outbox.Write(ctx, tx, event.EmailRegisteredAgain{
		UserID: owner.ID, Email: owner.Email, DisplayName: owner.DisplayName, Locale: owner.Locale,
	})
}

// createUser stores a user and its UserRegistered event. It reports false if the
// ID exists already.
func createUser(ctx context.Context, tx pgx.Tx, row db.User, newAddress bool) (bool, error) {
	n, err := db.New(tx).CreateUser(ctx, db.CreateUserParams{
		ID: row.ID, Email: row.Email, PasswordHash: row.PasswordHash, DisplayName: row.DisplayName,
		Phone: row.Phone, Locale: row.Locale, Roles: row.Roles, Now: row.CreatedAt,
	})
	if err != nil || n == 0 {
		return false, err
	}
	return true, outbox.Write(ctx, tx, event.UserRegistered{
		UserID: row.ID, Email: row.Email, DisplayName: row.DisplayName, Locale: row.Locale, NewAddress: newAddress,
	})
}
