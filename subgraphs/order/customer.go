package order

import (
	"context"

	"cartograph/internal/auth"
)

// CustomerVisible reports whether the caller may see who the order's customer is.
func (o *Order) CustomerVisible(ctx context.Context) bool {
	return customerVisible(auth.From(ctx), o.OwnerID, o.LookedUp)
}

// CustomerVisible reports whether the caller may see who the checkout's customer is.
func (c *Checkout) CustomerVisible(ctx context.Context) bool {
	return customerVisible(auth.From(ctx), c.OwnerID, false)
}

// CustomerVisible reports whether the caller may see who returns it.
func (r *Return) CustomerVisible(ctx context.Context) bool {
	return customerVisible(auth.From(ctx), r.OwnerID, r.Order != nil && r.Order.LookedUp)
}

// customerVisible reports whether a caller who may read a purchase may also see
// its customer: names, addresses, phone numbers, e-mail addresses and notes.
//
// The owner always may. So may a person who looked the order up, because the
// number and the e-mail address together are only in the confirmation mail. An
// API client reads order numbers with orders:read and may have the addresses
// from elsewhere, so for it they prove nothing.
func customerVisible(caller auth.Caller, ownerID string, lookedUp bool) bool {
	return caller.MaySeeCustomer(ownerID) || (lookedUp && caller.Kind != auth.APIClient)
}
