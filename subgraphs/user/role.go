package user

import "slices"

// Role is a set of scopes. A user may have several.
type Role string

// The roles.
const (
	Customer Role = "CUSTOMER"
	Seller   Role = "SELLER"
	Support  Role = "SUPPORT"
	Admin    Role = "ADMIN"
)

// scopes are those that the role grants.
func (r Role) scopes() []string {
	switch r {
	case Customer:
		return []string{"profile:read", "cart:read", "orders:read:own", "payments:read:own"}
	case Seller:
		return []string{"catalog:write", "pricing:write", "inventory:read", "inventory:write"}
	case Support:
		return []string{
			"users:read", "customers:read", "orders:read", "orders:write", "orders:fulfill",
			"payments:read", "payments:write", "reviews:moderate", "carts:read",
		}
	case Admin:
		return slices.Concat(Seller.scopes(), Support.scopes(), []string{
			"users:write", "catalog:manage", "promotions:read", "promotions:write", "giftcards:manage", "apiclients:manage", "webhooks:manage",
		})
	default:
		return nil
	}
}

// scopesOf are the scopes of a user's roles, sorted. Every user is a customer too.
func scopesOf(roles []Role) []string {
	scopes := Customer.scopes()
	for _, r := range roles {
		scopes = append(scopes, r.scopes()...)
	}
	slices.Sort(scopes)
	return slices.Compact(scopes)
}

// guestScopes are the scopes of a session without an account.
func guestScopes() []string { return []string{"cart:read", "orders:read:own", "payments:read:own"} }
