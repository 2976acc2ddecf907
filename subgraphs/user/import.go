package user

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/address"
	"cartograph/internal/optional"
	"cartograph/subgraphs/user/db"
)

// Draft is an account to import, with given IDs.
type Draft struct {
	ID          string
	Email       string
	Password    string
	DisplayName string
	Phone       string // may be empty
	Locale      string
	Roles       []Role
	Addresses   []AddressDraft
}

// AddressDraft is an address of a Draft.
type AddressDraft struct {
	ID string
	Postal
	Default Purpose
}

// Import creates the accounts whose IDs do not exist. Their addresses count as
// verified. Several processes may
// import at the same time.
func (s *Service) Import(ctx context.Context, drafts []Draft) error {
	ids := make([]string, len(drafts))
	for i, d := range drafts {
		ids[i] = d.ID
	}
	rows, err := db.New(s.pool).UsersByIDs(ctx, ids)
	if err != nil {
		return fmt.Errorf("import users: %w", err)
	}
	there := make(map[string]bool, len(rows))
	for _, r := range rows {
		there[r.ID] = true
	}
	for _, d := range drafts {
		if there[d.ID] {
			continue
		}
		if err := s.importOne(ctx, d); err != nil {
			return fmt.Errorf("import user %s: %w", d.ID, err)
		}
	}
	return nil
}

func (s *Service) importOne(ctx context.Context, d Draft) error {
	row, err := d.checked()
	if err != nil {
		return err
	}
	addresses := make([]*Address, len(d.Addresses))
	for i, a := range d.Addresses {
		postal, err := checkPostal(a.Postal, "addresses")
		if err != nil {
			return err
		}
		addresses[i] = &Address{ID: a.ID, OwnerID: d.ID, Postal: postal}
	}
	if row.PasswordHash, err = s.hasher.hash(ctx, d.Password); err != nil {
		return err
	}
	row.CreatedAt = s.Now()
	return s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		q := db.New(tx)
		if err := q.LockEmail(ctx, row.Email); err != nil {
			return err
		}
		there, err := accountsOfEmail(ctx, q, row.Email)
		if err != nil {
			return err
		}
		created, err := createUser(ctx, tx, row, false)
		if err != nil || !created {
			return err
		}
		if len(there) > 0 {
			return fmt.Errorf("the account %s has the address %s", there[0].ID, row.Email)
		}
		if _, err := q.SetEmailVerified(ctx, db.SetEmailVerifiedParams{ID: row.ID, Now: &row.CreatedAt}); err != nil {
			return err
		}
		for i, a := range addresses {
			if err := s.addAddress(ctx, q, a, d.Addresses[i].Default); err != nil {
				return err
			}
		}
		return nil
	})
}

func (d Draft) checked() (db.User, error) {
	r, err := Registration{Email: d.Email, Password: d.Password, DisplayName: d.DisplayName, Locale: d.Locale}.checked()
	if err != nil {
		return db.User{}, err
	}
	row := db.User{ID: d.ID, Email: r.Email, DisplayName: r.DisplayName, Locale: r.Locale}
	phone, f := address.Phone(d.Phone, "")
	if f != nil {
		return row, f
	}
	row.Phone = optional.Of(phone)
	for _, role := range d.Roles {
		row.Roles = append(row.Roles, string(role))
	}
	return row, nil
}
