package order

import (
	"cmp"
	"context"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/optional"
	rpcv1 "cartograph/internal/rpc/v1"
)

// Delivery is the part of an input that concerns delivery. Nil leaves a value
// as it is.
type Delivery struct {
	Email        *string
	AddressID    *string // a saved address of the account
	Shipping     *Address
	Billing      *Address
	ClearBilling bool // bill to the shipping address
	MethodID     *string
	// PreferredMethod is kept if it is offered, and dropped without an error if not.
	PreferredMethod string
}

// check normalises the input and rejects what is invalid by itself.
func (d *Delivery) check() error {
	if d.Email != nil {
		email, err := checkEmail(*d.Email)
		if err != nil {
			return err
		}
		d.Email = &email
	}
	if d.AddressID != nil && d.Shipping != nil {
		return fault.Localized(fault.Invalid, "order.two_addresses").At("input", "addressId")
	}
	var err error
	if d.Shipping, err = checkAddress(d.Shipping, "input", "shippingAddress"); err != nil {
		return err
	}
	d.Billing, err = checkAddress(d.Billing, "input", "billingAddress")
	return err
}

// completeDelivery adds what the caller's account has: the saved address that
// the input names and, with defaults, the e-mail address and the default
// address where the input has none. Guests have no account.
func (s *Service) completeDelivery(ctx context.Context, d *Delivery, defaults bool) error {
	caller := auth.From(ctx)
	if caller.Kind != auth.User {
		if d.AddressID != nil {
			return addressNotFound()
		}
		return nil
	}
	needsDefault := defaults && d.AddressID == nil && d.Shipping == nil
	needsEmail := defaults && d.Email == nil
	if d.AddressID == nil && !needsDefault && !needsEmail {
		return nil
	}
	contact, err := s.ports.Profiles.Contact(ctx, &rpcv1.ContactRequest{
		UserId: caller.ID, AddressId: optional.Value(d.AddressID), DefaultShippingAddress: needsDefault,
	})
	switch {
	case err != nil && d.AddressID == nil:
		// Defaults are a convenience: without them the checkout opens with missing
		// steps, which the customer can fill in.
		s.log.WarnContext(ctx, "no contact data", "user_id", caller.ID, "err", err)
		return nil
	case fault.KindOf(err) == fault.NotFound:
		return addressNotFound()
	case err != nil:
		return err
	}
	if needsEmail {
		d.Email = optional.Of(contact.GetEmail())
	}
	if a := contact.GetAddress(); a != nil && d.Shipping == nil {
		saved := &Address{
			Name: a.GetName(), Company: optional.Of(a.GetCompany()), Line1: a.GetLine1(), Line2: optional.Of(a.GetLine2()), City: a.GetCity(),
			Region: optional.Of(a.GetRegion()), PostalCode: a.GetPostalCode(), CountryCode: a.GetCountryCode(), Phone: optional.Of(a.GetPhone()),
		}
		// It may have been saved under older rules. A default one is then a
		// missing step; one that the customer chose is refused.
		if d.Shipping, err = checkAddress(saved, "input", "addressId"); err != nil && d.AddressID != nil {
			return err
		}
	}
	return nil
}

func addressNotFound() error {
	return fault.Localized(fault.NotFound, "order.address_not_found").At("input", "addressId")
}

// setDelivery changes the checkout by the input and prices it again. A method
// that the input names and that is not offered is an error; the one chosen
// before is replaced by the cheapest without confirmation (see chooseMethod).
func (c *Checkout) setDelivery(d Delivery, lines []Line) error {
	if d.Email != nil {
		c.Email = d.Email
	}
	if d.Shipping != nil {
		c.ShippingAddress = d.Shipping
	}
	if d.Billing != nil || d.ClearBilling {
		c.BillingAddress = d.Billing
	}
	c.MethodID = cmp.Or(optional.Value(d.MethodID), d.PreferredMethod, c.MethodID)
	c.price(lines)
	if d.MethodID != nil && c.MethodID != *d.MethodID {
		return fault.Localized(fault.Conflict, "order.shipping_method_unavailable").
			WithCode("SHIPPING_METHOD_UNAVAILABLE").At("input", "shippingMethodId")
	}
	return nil
}
