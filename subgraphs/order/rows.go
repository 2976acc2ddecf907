package order

import (
	"encoding/json"
	"fmt"

	"cartograph/internal/catalogue"
	"cartograph/internal/event"
	"cartograph/internal/message"
	"cartograph/internal/money"
	"cartograph/internal/optional"
	"cartograph/subgraphs/order/db"
)

// costs are four amounts of one currency.
func costs(currency string, subtotal, shipping, tax, total int64, rate int32, taxIncluded bool) Costs {
	in := func(minor int64) money.Money { return money.Money{Minor: minor, Currency: currency} }
	return Costs{Subtotal: in(subtotal), Shipping: in(shipping), Tax: in(tax), Total: in(total), TaxRate: int(rate), TaxIncluded: taxIncluded}
}

// checkoutOf converts a row. The rows of all queries for checkouts convert to it.
func checkoutOf(r db.CheckoutsRow) (Checkout, error) {
	row := r.Checkout
	c := Checkout{
		ID: row.ID, OwnerID: row.OwnerID, CartID: row.CartID, CartVersion: int(row.CartVersion),
		Status: CheckoutStatus(row.Status), Version: int(row.Version), Locale: row.Locale, Country: row.Country, Email: row.Email,
		Costs:     costs(row.Currency, row.SubtotalMinor, row.ShippingMinor, row.TaxMinor, row.TotalMinor, row.TaxRate, row.TaxIncluded),
		QuoteHash: row.QuoteHash, WeightGrams: int(row.WeightGrams), MethodID: row.MethodID,
		Hold:      Hold{Status: HoldStatus(row.HoldStatus), ExpiresAt: row.ExpiresAt.UTC(), ExtensionsLeft: int(row.ExtensionsLeft)},
		CreatedAt: row.CreatedAt.UTC(), ReadAt: r.ReadAt.UTC(), ReplacedOrderID: optional.Value(row.ReplacedOrderID),
	}
	var err error
	if c.ShippingAddress, err = addressOf(row.ShippingAddress); err != nil {
		return c, err
	}
	if c.BillingAddress, err = addressOf(row.BillingAddress); err != nil {
		return c, err
	}
	if c.Discounts, err = discountsOf(row.Discounts); err != nil {
		return c, err
	}
	if c.Applied, err = giftCardsOf[AppliedGiftCard](row.GiftCards); err != nil {
		return c, err
	}
	if err := json.Unmarshal(row.Shortages, &c.Hold.Shortages); err != nil {
		return c, fmt.Errorf("read shortages of %s: %w", c.ID, err)
	}
	return c, c.readTaxes(row.TaxesByRate, c.Country)
}

func addressOf(stored []byte) (*Address, error) {
	if stored == nil {
		return nil, nil
	}
	var a Address
	if err := json.Unmarshal(stored, &a); err != nil {
		return nil, fmt.Errorf("read address: %w", err)
	}
	return &a, nil
}

// encode is a value as JSON; nil as NULL.
func encode[T any](v *T) ([]byte, error) {
	if v == nil {
		return nil, nil
	}
	return json.Marshal(v)
}

// orderOf converts a row. The rows of all queries for orders convert to it.
func orderOf(r db.OrdersRow) (*Order, error) {
	row := r.Order
	shipping, err := addressOf(row.ShippingAddress)
	if err != nil {
		return nil, err
	}
	billing, err := addressOf(row.BillingAddress)
	if err != nil {
		return nil, err
	}
	discounts, err := discountsOf(row.Discounts)
	if err != nil {
		return nil, err
	}
	o := &Order{
		ID: row.ID, Number: row.Number, CheckoutID: row.CheckoutID, CartID: row.CartID, CartVersion: int(row.CartVersion),
		OwnerID: row.OwnerID, Locale: row.Locale, Email: row.Email, Status: Status(row.Status), Stage: Stage(row.Stage),
		PaymentStatus: PaymentStatus(row.PaymentStatus), Version: int(row.Version),
		FulfillmentStatus: FulfillmentStatus(row.FulfillmentStatus), DeliveredAt: row.DeliveredAt, PackAt: row.PackAt,
		Costs:     costs(row.Currency, row.SubtotalMinor, row.ShippingMinor, row.TaxMinor, row.TotalMinor, row.TaxRate, row.TaxIncluded),
		LineCount: int(row.LineCount), ShippingAddress: *shipping, BillingAddress: billing, MethodID: row.MethodID,
		Payment: Payment{
			ID: row.PaymentID, Attempts: row.PaymentIDs, Token: row.PaymentToken, ReturnURL: row.ReturnURL, AwaitsBuyer: row.AwaitsBuyer,
			Decline: Decline{row.DeclineCode, row.DeclineRetryable},
			Refunds: row.RefundIDs, Refunded: row.RefundedMinor,
		},
		PlacedAt: row.PlacedAt.UTC(), ConfirmedAt: row.ConfirmedAt, UpdatedAt: row.UpdatedAt.UTC(), PayBefore: r.PayBefore.UTC(),
	}
	o.Discounts = discounts
	if o.Gifts, err = giftCardsOf[event.GiftCardPart](row.GiftCards); err != nil {
		return nil, err
	}
	if row.CancelReason != nil {
		o.Cancelled = &CancelRecord{Reason(*row.CancelReason), row.CancelNote, row.CancelledAt.UTC()}
	}
	return o, o.readTaxes(row.TaxesByRate, o.ShippingAddress.CountryCode)
}

func lineOf(row db.OrderLine, currency string, taxIncluded bool) (Line, error) {
	in := func(minor int64) money.Money { return money.Money{Minor: minor, Currency: currency} }
	discounts, err := discountsOf(row.Discounts)
	return Line{
		ID: row.ID, ProductID: row.ProductID, VariantID: row.VariantID, Quantity: int(row.Quantity),
		Snapshot:  Snapshot{Title: row.Title, Subtitle: row.Subtitle, SKU: row.Sku, ImageURL: row.ImageURL},
		UnitPrice: in(row.UnitMinor), Discounts: discounts, Tax: in(row.TaxMinor), TaxIncluded: taxIncluded, Total: in(row.TotalMinor),
		TaxClass: catalogue.TaxClass(row.TaxClass),
		Packed:   int(row.PackedQuantity), Shipped: int(row.ShippedQuantity), Delivered: int(row.DeliveredQuantity),
		Returning: int(row.ReturningQuantity), Returned: int(row.ReturnedQuantity),
		RefundedUnits: int(row.RefundedQuantity), RefundedMinor: row.RefundedMinor,
	}, err
}

func entryOf(row db.OrderHistory) Entry {
	e := Entry{
		Number: row.Number, At: row.At.UTC(), Kind: EntryKind(row.Kind), Actor: row.Actor, plain: !row.Keyed,
		TitleKey: message.Key(row.Title), DetailKey: message.Key(optional.Value(row.Detail)),
		ActorID: optional.Value(row.ActorID), Note: optional.Value(row.Note), Internal: row.Internal,
	}
	if row.AmountMinor != nil && row.AmountCurrency != nil {
		e.Amount = &money.Money{Minor: *row.AmountMinor, Currency: *row.AmountCurrency}
	}
	return e
}
