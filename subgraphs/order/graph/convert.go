package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"cartograph/internal/fault"
	"cartograph/internal/money"
	"cartograph/internal/optional"
	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/graph/gen"
)

func each[T, U any](of []T, fn func(T) U) []U {
	out := make([]U, len(of))
	for i, v := range of {
		out[i] = fn(v)
	}
	return out
}

// ifCustomerVisible is data about the customer of a checkout or order, nil for
// callers who may not see it. Every such field is resolved through it.
func ifCustomerVisible[T any](ctx context.Context, of interface {
	CustomerVisible(ctx context.Context) bool
}, data *T,
) *T {
	if !of.CustomerVisible(ctx) {
		return nil
	}
	return data
}

func checkoutID(c *order.Checkout) string { return c.ID }

func addressOf(in graphql.Omittable[*gen.PostalAddressInput]) *order.Address {
	a := in.Value()
	if a == nil {
		return nil
	}
	return &order.Address{
		Name: a.Name, Company: a.Company.Value(), Line1: a.Line1, Line2: a.Line2.Value(), City: a.City,
		Region: a.Region.Value(), PostalCode: optional.Value(a.PostalCode.Value()), CountryCode: a.CountryCode, Phone: a.Phone.Value(),
	}
}

func openInputOf(in gen.CheckoutCreateInput) order.OpenInput {
	return order.OpenInput{
		CartID: in.CartID, ExpectedVersion: in.ExpectedCartVersion.Value(), Key: in.IdempotencyKey,
		Delivery: order.Delivery{
			Email: in.Email.Value(), AddressID: in.AddressID.Value(),
			Shipping: addressOf(in.ShippingAddress), MethodID: in.ShippingMethodID.Value(),
		},
	}
}

func deliveryOf(in gen.CheckoutUpdateInput) order.Delivery {
	billing := addressOf(in.BillingAddress)
	return order.Delivery{
		Email: in.Email.Value(), AddressID: in.AddressID.Value(), Shipping: addressOf(in.ShippingAddress),
		Billing: billing, ClearBilling: in.BillingAddress.IsSet() && billing == nil, MethodID: in.ShippingMethodID.Value(),
	}
}

func placeInputOf(in gen.OrderPlaceInput) (order.PlaceInput, error) {
	p := order.PlaceInput{CheckoutID: in.CheckoutID, Key: in.IdempotencyKey}
	if pay := in.Payment.Value(); pay != nil {
		p.PayNow, p.Token, p.ReturnURL = true, optional.Value(pay.Token.Value()), optional.Value(pay.ReturnURL.Value())
	}
	expected, err := moneyOf(in.ExpectedTotal, "input", "expectedTotal", "amount")
	p.ExpectedTotal = optional.Value(expected)
	return p, err
}

func shipmentID(s *order.Shipment) string { return s.ID }

func shipInputOf(in gen.ShipmentCreateInput) order.ShipInput {
	ship := order.ShipInput{
		OrderID: in.OrderID, Carrier: in.Carrier, TrackingNumber: optional.Value(in.TrackingNumber.Value()),
		TrackingURL: optional.Value(in.TrackingURL.Value()), Key: in.IdempotencyKey,
	}
	for _, l := range in.Lines {
		ship.Lines = append(ship.Lines, order.ShipmentLine{OrderLineID: l.OrderLineID, Quantity: l.Quantity})
	}
	return ship
}

func returnInputOf(in gen.ReturnRequestInput) order.ReturnInput {
	return order.ReturnInput{
		OrderID: in.OrderID, Note: optional.Value(in.Note.Value()), Key: in.IdempotencyKey,
		Lines: each(in.Lines, func(l *gen.ReturnLineInput) order.ReturnedUnits {
			return order.ReturnedUnits{OrderLineID: l.OrderLineID, Quantity: l.Quantity, Reason: l.Reason}
		}),
	}
}

func receiveInputOf(in gen.ReturnReceiveInput) order.ReceiveInput {
	return order.ReceiveInput{
		ReturnID: in.ReturnID, Note: optional.Value(in.Note.Value()), Key: in.IdempotencyKey,
		Lines: each(in.Lines.Value(), func(l *gen.ReturnReceivedLineInput) order.ReceivedLine {
			received := order.ReceivedLine{OrderLineID: l.OrderLineID, Quantity: l.Quantity, Condition: l.Condition, Restock: l.Condition.Sellable(), Refund: true}
			if restock := l.Restock.Value(); restock != nil {
				received.Restock = *restock
			}
			if refund := l.Refund.Value(); refund != nil {
				received.Refund = *refund
			}
			return received
		}),
	}
}

func listingOf(first *int, after *string, in *gen.OrderFilter, sort *order.Sort) (l order.Listing, err error) {
	l = order.Listing{First: first, After: after, Sort: order.Newest}
	if sort != nil {
		l.Sort = *sort
	}
	if in == nil {
		return l, nil
	}
	l.Filter = order.Filter{
		PlacedAfter: in.PlacedAfter.Value(), PlacedBefore: in.PlacedBefore.Value(),
		Query: optional.Value(in.Query.Value()), SKU: optional.Value(in.Sku.Value()),
		Statuses:            stringsOf(in.Status.Value()),
		PaymentStatuses:     stringsOf(in.PaymentStatus.Value()),
		FulfillmentStatuses: stringsOf(in.FulfillmentStatus.Value()),
	}
	least, err := moneyOf(in.MinTotal.Value(), "filter", "minTotal", "amount")
	if err != nil {
		return l, err
	}
	most, err := moneyOf(in.MaxTotal.Value(), "filter", "maxTotal", "amount")
	l.Filter.MinTotal, l.Filter.MaxTotal = (*order.Total)(least), (*order.Total)(most)
	return l, err
}

// moneyOf is an amount of the input at a path; nil if it is not given.
func moneyOf(in *gen.MoneyInput, path ...string) (*money.Money, error) {
	if in == nil {
		return nil, nil
	}
	m, err := money.Parse(in.Amount, in.CurrencyCode)
	if f := fault.Of(err); f != nil {
		return nil, f.At(path...)
	}
	return &m, err
}

func stringsOf[S ~string](of []S) []string {
	return each(of, func(s S) string { return string(s) })
}
