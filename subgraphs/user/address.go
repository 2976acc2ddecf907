package user

import (
	"context"

	"cartograph/internal/address"
	"cartograph/subgraphs/user/db"
)

// MaxAddresses is how many addresses a user may have. It keeps a whole address
// book small enough to be read at once.
const MaxAddresses = 50

// Address is one of a user's postal addresses.
type Address struct {
	ID      string
	OwnerID string
	Postal
}

// IsEntity lets the router fetch addresses by their key, and IsNode any client.
func (*Address) IsEntity() {}
func (*Address) IsNode()   {}

// Formatted is the address by lines. The graph's generator does not find a
// method that is promoted from an alias.
func (a *Address) Formatted(ctx context.Context) []string { return a.Postal.Formatted(ctx) }

// Purpose is what an address is the default for.
type Purpose struct {
	Shipping bool
	Billing  bool
}

// Postal is a postal address without its identity, in the form of
// internal/address once it is checked.
type Postal = address.Address

// checkPostal returns the address in its checked form, or all of its faults.
func checkPostal(p Postal, path ...string) (Postal, error) {
	checked, faults := p.Check(path...)
	return checked, checks(faults).err()
}

func addressOf(r db.Address) *Address {
	return &Address{ID: r.ID, OwnerID: r.UserID, Postal: Postal{
		Name: r.Name, Company: r.Company, Line1: r.Line1, Line2: r.Line2, City: r.City, Region: r.Region,
		PostalCode: r.PostalCode, CountryCode: r.CountryCode, Phone: r.Phone,
	}}
}
