package order

import (
	"cmp"
	"context"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	rpcv1 "cartograph/internal/rpc/v1"
)

// Delivery is what a customer says about where and how to deliver. Nil means
// nothing was said.
type Delivery struct {
	Email        *string
	AddressID    *string // a saved address of the account
	Shipping     *Address
	Billing      *Address
	ClearBilling bool // bill to the shipping address
	MethodID     *string
	Preferred    string // method to keep if it delivers there
}

// check tidies what was said and refuses what cannot be.
func (d *Delivery) check() error {
	if d.Email != nil {
		email, err := checkEmail(*d.Email)
		if err != nil {
			return err
		}
		d.Email = &email
	}
	if d.AddressID != nil && d.Shipping != nil {
		return fault.New(fault.Invalid, "Give either a saved address or a new one.").At("input", "addressId")
	}
	if d.Shipping != nil {
		if err := d.Shipping.check("input", "shippingAddress"); err != nil {
			return err
		}
	}
	if d.Billing != nil {
		return d.Billing.check("input", "billingAddress")
	}
	return nil
}

// lookUp fills in what the account knows: the saved address that was named
// and, where fill is set, mail address and default address that were not
// given. Guests have no account.
func (s *Service) lookUp(ctx context.Context, by auth.Caller, d *Delivery, fill bool) error {
	if by.Kind != auth.User {
		if d.AddressID != nil {
			return noAddress()
		}
		return nil
	}
	wantsDefault := fill && d.AddressID == nil && d.Shipping == nil
	if d.AddressID == nil && !wantsDefault && (!fill || d.Email != nil) {
		return nil
	}
	contact, err := s.ports.Profiles.Contact(ctx, &rpcv1.ContactRequest{
		UserId: by.ID, AddressId: deref(d.AddressID), DefaultShippingAddress: wantsDefault,
	})
	switch {
	case err != nil && d.AddressID == nil:
		// The customer can still say it: the checkout opens with a missing step.
		s.log.WarnContext(ctx, "no contact data", "user_id", by.ID, "err", err)
		return nil
	case fault.KindOf(err) == fault.NotFound:
		return noAddress()
	case err != nil:
		return err
	}
	if fill && d.Email == nil {
		d.Email = optional(contact.GetEmail())
	}
	if a := contact.GetAddress(); a != nil && d.Shipping == nil {
		d.Shipping = &Address{
			Name: a.GetName(), Company: optional(a.GetCompany()), Line1: a.GetLine1(), Line2: optional(a.GetLine2()), City: a.GetCity(),
			Region: optional(a.GetRegion()), PostalCode: a.GetPostalCode(), CountryCode: a.GetCountryCode(), Phone: optional(a.GetPhone()),
		}
	}
	return nil
}

func noAddress() error {
	return fault.New(fault.NotFound, "There is no such address.").At("input", "addressId")
}

// say puts what the customer said into the checkout and prices it anew. A
// method that was asked for and does not deliver there is refused.
func (c *Checkout) say(d Delivery, lines []Line) error {
	if d.Email != nil {
		c.Email = d.Email
	}
	if d.Shipping != nil {
		c.ShippingAddress = d.Shipping
	}
	if d.Billing != nil || d.ClearBilling {
		c.BillingAddress = d.Billing
	}
	c.MethodID = cmp.Or(deref(d.MethodID), d.Preferred, c.MethodID)
	c.price(lines)
	if d.MethodID != nil && c.MethodID != *d.MethodID {
		return fault.New(fault.Conflict, "This way of delivery is not offered there.").
			WithCode("SHIPPING_METHOD_UNAVAILABLE").At("input", "shippingMethodId")
	}
	return nil
}
