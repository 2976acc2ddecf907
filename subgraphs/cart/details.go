package cart

import (
	"context"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/fault"
	"cartograph/subgraphs/cart/db"
)

const maxNote = 500

// UpdateContext changes the currency or country that a cart is bought in. A
// new currency has prices of its own, which the customer then agrees to.
func (s *Service) UpdateContext(ctx context.Context, cartID string, currency, country *string) (*Cart, error) {
	before, err := s.Cart(ctx, cartID)
	if err != nil {
		return nil, err
	}
	if before == nil {
		return nil, notFound()
	}
	var offers map[string]Offer
	if currency != nil && *currency != before.Currency {
		if offers = s.prices.Offers(ctx, *currency, before.variantIDs()); offers == nil {
			return nil, fault.New(fault.Unavailable, "The catalogue cannot be asked right now. Please try again.")
		}
	}
	return s.change(ctx, &cartID, func(tx pgx.Tx, c *Cart) error {
		set := db.SetContextParams{ID: c.ID, Currency: c.Currency, Country: c.Country}
		if country != nil {
			set.Country = *country
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

func reprice(ctx context.Context, tx pgx.Tx, c *Cart, currency string, offers map[string]Offer) error {
	p := db.RepriceParams{CartID: c.ID, Currency: currency}
	for _, l := range c.Lines {
		offer, ok := offers[l.VariantID]
		if !ok || offer.Price.Currency != currency {
			return fault.New(fault.Conflict, "%s has no price in %s.", l.Snapshot.Title, currency).
				WithCode("VARIANT_UNAVAILABLE").At("input", "currencyCode")
		}
		p.VariantIDs, p.Minors = append(p.VariantIDs, l.VariantID), append(p.Minors, offer.Price.Minor)
	}
	return db.New(tx).Reprice(ctx, p)
}

// SetNote sets the customer's words to the shop; nil removes them.
func (s *Service) SetNote(ctx context.Context, cartID string, note *string) (*Cart, error) {
	if note != nil && utf8.RuneCountInString(*note) > maxNote {
		return nil, fault.New(fault.Invalid, "A note has at most %d characters.", maxNote).At("note")
	}
	return s.change(ctx, &cartID, func(tx pgx.Tx, c *Cart) error {
		return db.New(tx).SetNote(ctx, db.SetNoteParams{ID: c.ID, Note: note})
	})
}

// AcknowledgePrices notes that the customer has seen what the lines cost now.
// It is refused if the cart is no longer the one that was shown.
func (s *Service) AcknowledgePrices(ctx context.Context, cartID string, version int) (*Cart, error) {
	before, err := s.Cart(ctx, cartID)
	if err != nil {
		return nil, err
	}
	if before == nil {
		return nil, notFound()
	}
	quote := s.Quote(ctx, before)
	return s.change(ctx, &cartID, func(tx pgx.Tx, c *Cart) error {
		if err := c.checkVersion(&version); err != nil {
			return err
		}
		p := db.AcknowledgePricesParams{CartID: c.ID}
		for _, l := range quote.Lines {
			p.VariantIDs, p.Minors = append(p.VariantIDs, l.VariantID), append(p.Minors, l.Unit.Minor)
		}
		return db.New(tx).AcknowledgePrices(ctx, p)
	})
}
