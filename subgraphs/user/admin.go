package user

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/subgraphs/user/db"
)

// CreateAdmin makes an administrator of the operator of the server: it creates the
// account, or gives the role to the account of the address that has the password.
// A repetition changes nothing. It is a Conflict if the address has accounts with
// other passwords only: an administrator with the address of someone else's account
// would be mistaken for them.
func (s *Service) CreateAdmin(ctx context.Context, r Registration) (*User, error) {
	r, err := r.checked()
	if err != nil {
		return nil, err
	}
	accounts, err := accountsOfEmail(ctx, db.New(s.pool), r.Email)
	if err != nil {
		return nil, err
	}
	hash, err := s.hasher.hashBeside(ctx, r.Password, accounts.hashes())
	if err != nil {
		return nil, err
	}
	same, err := s.hasher.match(ctx, r.Password, accounts.hashes(), hash)
	if err != nil {
		return nil, err
	}
	if same < 0 && len(accounts) > 0 {
		return nil, fault.Localized(fault.Conflict, "user.admin_password")
	}
	row := db.User{
		ID: id.New(id.User), Email: r.Email, PasswordHash: hash, DisplayName: r.DisplayName,
		Locale: r.Locale, Roles: names(normalRoles([]Role{Admin})), CreatedAt: s.Now(),
	}
	err = s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		if err := lockAccounts(ctx, tx, r.Email, accounts); err != nil {
			return err
		}
		q := db.New(tx)
		if same < 0 {
			if _, err := createUser(ctx, tx, row, false); err != nil {
				return err
			}
			return s.audit(ctx, q, audit.AdminCreated, row.ID, nil, audit.Values{"roles": row.Roles})
		}
		if err := q.LockRoles(ctx); err != nil {
			return err
		}
		was, err := q.LockUser(ctx, accounts[same].ID)
		if err != nil {
			return err
		}
		row, err = s.setRoles(ctx, tx, was, append(userOf(was).Roles(), Admin), audit.AdminCreated)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("create administrator: %w", err)
	}
	return userOf(row), nil
}
