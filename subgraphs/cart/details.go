package cart

import (
	"context"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/address"
	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/optional"
	"cartograph/internal/pg"
	"cartograph/subgraphs/cart/db"
)

const maxNote = 500

// ContextInput changes where and in which currency a cart is bought. Nil leaves a value as
// it is.
type ContextInput struct {
	Currency, Country *string
	PostalCode        *string // empty removes it
}

// UpdateContext changes the currency or the place of a cart. In a new currency
// every line gets the price of that currency as its acknowledged one. The change
// fails as a whole if one line has no such price. A postal code is of one country: that
// of another has none until it is given.
func (s *Service) UpdateContext(ctx context.Context, cartID string, in ContextInput) (*Cart, error) {
	currency, country := in.Currency, in.Country
	if currency != nil {
		if err := s.checkCurrency(*currency); err != nil {
			return nil, err
		}
	}
	if country != nil {
		if err := checkCountry(*country); err != nil {
			return nil, err
		}
	}
	before, err := s.Cart(ctx, cartID)
	if err != nil {
		return nil, err
	}
	if before == nil {
		return nil, notFound()
	}
	var offers Offers
	if currency != nil && *currency != before.Currency {
		offers = s.prices.Offers(ctx, *currency, before.variantIDs())
	}
	return s.change(ctx, target{cartID: &cartID}, func(tx pgx.Tx, c *Cart) error {
		if c.Version != before.Version {
			return changed()
		}
		set := db.SetContextParams{ID: c.ID, Currency: c.Currency, Country: c.Country, PostalCode: c.PostalCode}
		if country != nil && *country != c.Country {
			set.Country, set.PostalCode = *country, nil
		}
		if in.PostalCode != nil {
			code, f := address.PostalCode(*in.PostalCode, set.Country, "input", "postalCode")
			if f != nil {
				return f
			}
			set.PostalCode = optional.Of(code)
		}
		if currency != nil && *currency != c.Currency {
			set.Currency = *currency
			if err := reprice(ctx, tx, c, *currency, offers); err != nil {
				return err
			}
		}
		return db.New(tx).SetContext(ctx, set)
	})
}

func reprice(ctx context.Context, tx pgx.Tx, c *Cart, currency string, offers Offers) error {
	p := db.RepriceParams{CartID: c.ID, Currency: currency}
	for _, l := range c.Lines {
		offer, err := offers.find(l.VariantID)
		if fault.KindOf(err) == fault.NotFound {
			return fault.Localized(fault.Conflict, "cart.no_price", message.Args{"title": l.Snapshot.Title, "currency": currency}).
				WithCode("VARIANT_UNAVAILABLE").At("input", "currencyCode")
		}
		if err != nil {
			return err
		}
		p.VariantIDs, p.Minors = append(p.VariantIDs, l.VariantID), append(p.Minors, offer.Price.Minor)
	}
	return db.New(tx).Reprice(ctx, p)
}

// SetNote sets the customer's note to the shop; nil removes it.
func (s *Service) SetNote(ctx context.Context, cartID string, note *string) (*Cart, error) {
	if note != nil && utf8.RuneCountInString(*note) > maxNote {
		return nil, fault.Localized(fault.Invalid, "cart.note_too_long", message.Args{"limit": maxNote}).At("note")
	}
	return s.change(ctx, target{cartID: &cartID}, func(tx pgx.Tx, c *Cart) error {
		return db.New(tx).SetNote(ctx, db.SetNoteParams{ID: c.ID, Note: note})
	})
}

// AcknowledgePrices makes the current prices the acknowledged ones and ends the
// warnings of the cart. The version
// must be the one that the customer was shown: acknowledging covers the lines on
// the screen and no others. Lines without a current offer keep the price that was
// acknowledged before.
func (s *Service) AcknowledgePrices(ctx context.Context, cartID string, version int) (*Cart, error) {
	before, err := s.Cart(ctx, cartID)
	if err != nil {
		return nil, err
	}
	if before == nil {
		return nil, notFound()
	}
	offers := s.prices.Offers(ctx, before.Currency, before.variantIDs())
	return s.change(ctx, target{cartID: &cartID}, func(tx pgx.Tx, c *Cart) error {
		if err := c.checkVersion(&version); err != nil {
			return err
		}
		if c.Version != before.Version {
			return changed()
		}
		p := db.AcknowledgePricesParams{CartID: c.ID}
		for variantID, offer := range offers.byVariant {
			p.VariantIDs, p.Minors = append(p.VariantIDs, variantID), append(p.Minors, offer.Price.Minor)
		}
		batch := pg.BatchOf(tx)
		batch.QueueQuery(func(e pg.Executor) error { return db.New(e).AcknowledgePrices(ctx, p) })
		queueWarnings(ctx, batch, c.ID, nil)
		return nil
	})
}
