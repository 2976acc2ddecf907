package user

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/message"
	"cartograph/subgraphs/user/db"
)

// AddAddress adds to the caller's addresses, perhaps as the default for all
// purposes.
func (s *Service) AddAddress(ctx context.Context, p Postal, setDefault bool) (*Address, error) {
	p, err := checkPostal(p, "input")
	if err != nil {
		return nil, err
	}
	a := &Address{ID: id.New(id.Address), Postal: p}
	err = s.changeSelf(ctx, func(tx pgx.Tx, self db.User) error {
		a.OwnerID = self.ID
		return s.addAddress(ctx, db.New(tx), a, Purpose{Shipping: setDefault, Billing: setDefault})
	})
	if err != nil {
		return nil, fmt.Errorf("add address: %w", err)
	}
	return a, nil
}

// addAddress stores an address of a locked user.
func (s *Service) addAddress(ctx context.Context, q *db.Queries, a *Address, defaultFor Purpose) error {
	n, err := q.CreateAddress(ctx, db.CreateAddressParams{
		ID: a.ID, UserID: a.OwnerID, Name: a.Name, Company: a.Company, Line1: a.Line1, Line2: a.Line2,
		City: a.City, Region: a.Region, PostalCode: a.PostalCode, CountryCode: a.CountryCode, Phone: a.Phone,
		Now: s.Now(), Most: MaxAddresses,
	})
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.Localized(fault.Invalid, "user.too_many_addresses", message.Args{"limit": MaxAddresses}).At("input")
	}
	if !defaultFor.Shipping && !defaultFor.Billing {
		return nil
	}
	_, err = q.SetDefaultAddresses(ctx, db.SetDefaultAddressesParams{
		UserID: a.OwnerID, AddressID: &a.ID, Shipping: defaultFor.Shipping, Billing: defaultFor.Billing,
	})
	return err
}

// ReplaceAddress replaces one of the caller's addresses.
func (s *Service) ReplaceAddress(ctx context.Context, addressID string, p Postal) (*Address, error) {
	caller, err := ownerOf(ctx, addressID)
	if err != nil {
		return nil, err
	}
	if p, err = checkPostal(p, "input"); err != nil {
		return nil, err
	}
	n, err := db.New(s.pool).UpdateAddress(ctx, db.UpdateAddressParams{
		ID: addressID, UserID: caller.ID, Name: p.Name, Company: p.Company, Line1: p.Line1, Line2: p.Line2,
		City: p.City, Region: p.Region, PostalCode: p.PostalCode, CountryCode: p.CountryCode, Phone: p.Phone,
	})
	if err != nil {
		return nil, fmt.Errorf("replace address %s: %w", addressID, err)
	}
	if n == 0 {
		return nil, addressNotFound()
	}
	return &Address{ID: addressID, OwnerID: caller.ID, Postal: p}, nil
}

// DeleteAddress deletes one of the caller's addresses and returns it.
func (s *Service) DeleteAddress(ctx context.Context, addressID string) (*Address, error) {
	caller, err := ownerOf(ctx, addressID)
	if err != nil {
		return nil, err
	}
	row, err := db.New(s.pool).DeleteAddress(ctx, db.DeleteAddressParams{ID: addressID, UserID: caller.ID})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, addressNotFound()
	}
	if err != nil {
		return nil, fmt.Errorf("delete address %s: %w", addressID, err)
	}
	return addressOf(row), nil
}

// SetDefaultAddress makes one of the caller's addresses the default.
func (s *Service) SetDefaultAddress(ctx context.Context, addressID string, purpose Purpose) (*Address, error) {
	caller, err := ownerOf(ctx, addressID)
	if err != nil {
		return nil, err
	}
	q := db.New(s.pool)
	n, err := q.SetDefaultAddresses(ctx, db.SetDefaultAddressesParams{
		UserID: caller.ID, AddressID: &addressID, Shipping: purpose.Shipping, Billing: purpose.Billing,
	})
	if err != nil {
		return nil, fmt.Errorf("default address %s: %w", addressID, err)
	}
	if n == 0 {
		return nil, addressNotFound()
	}
	rows, err := q.AddressesByIDs(ctx, db.AddressesByIDsParams{IDs: []string{addressID}, UserID: caller.ID})
	if err != nil {
		return nil, fmt.Errorf("default address %s: %w", addressID, err)
	}
	if len(rows) == 0 { // deleted in between
		return nil, addressNotFound()
	}
	return addressOf(rows[0]), nil
}

// ownerOf is the caller, if they may have an address of this id.
func ownerOf(ctx context.Context, addressID string) (auth.Caller, error) {
	caller := auth.From(ctx)
	switch {
	case caller.Kind != auth.User:
		return caller, signInFirst()
	case id.PrefixOf(addressID) != id.Address:
		return caller, addressNotFound()
	default:
		return caller, nil
	}
}
