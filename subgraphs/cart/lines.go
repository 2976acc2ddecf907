package cart

import (
	"context"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/idempotency"
	"cartograph/internal/pg"
	"cartograph/subgraphs/cart/db"
)

// A Want is a variant to add and how many of it.
type Want struct {
	VariantID string
	Quantity  int
}

// Addition is a wish to add lines to a cart.
type Addition struct {
	CartID         *string // the active cart, opened if need be, where nil
	Currency       string  // of a cart that is opened; the caller's where empty
	Country        string
	Wants          []Want
	IdempotencyKey *string
}

// AddLines adds to one of the caller's carts: either every line or none. With
// a key, sending it again adds nothing.
func (s *Service) AddLines(ctx context.Context, a Addition) (*Cart, error) {
	if len(a.Wants) > MaxLines {
		return nil, fault.New(fault.Invalid, "A cart holds at most %d lines.", MaxLines).WithCode("QUANTITY_LIMIT")
	}
	for i, w := range a.Wants {
		if err := checkQuantity(w.Quantity, MaxQuantity); err != nil {
			return nil, at(err, i)
		}
	}
	ctx = inContext(ctx, a)
	currency, err := s.currencyOf(ctx, a.CartID)
	if err != nil {
		return nil, err
	}
	offers := s.prices.Offers(ctx, currency, variantsOf(a.Wants))
	if offers == nil && len(a.Wants) > 0 {
		return nil, fault.New(fault.Unavailable, "The catalogue cannot be asked right now. Please try again.")
	}
	return s.change(ctx, a.CartID, func(tx pgx.Tx, c *Cart) error {
		replayed, err := claim(ctx, tx, a, c)
		if err != nil || replayed {
			return err
		}
		if c.Currency != currency {
			return fault.New(fault.Conflict, "The cart has changed meanwhile. Please try again.")
		}
		return addAll(ctx, tx, c, a.Wants, offers)
	})
}

func addAll(ctx context.Context, tx pgx.Tx, c *Cart, wants []Want, offers map[string]Offer) error {
	for i, w := range wants {
		if err := addOne(ctx, tx, c, w, offers); err != nil {
			return at(err, i)
		}
	}
	if len(c.Lines) > MaxLines {
		return fault.New(fault.Invalid, "A cart holds at most %d lines.", MaxLines).WithCode("QUANTITY_LIMIT")
	}
	return nil
}

func addOne(ctx context.Context, tx pgx.Tx, c *Cart, w Want, offers map[string]Offer) error {
	offer, ok := offers[w.VariantID]
	if !ok {
		return fault.New(fault.NotFound, "This is not for sale.").WithCode("VARIANT_UNAVAILABLE")
	}
	line := c.lineOf(w.VariantID)
	if line == nil {
		c.Lines = append(c.Lines, Line{ID: id.New(id.CartLine), VariantID: w.VariantID})
		line = &c.Lines[len(c.Lines)-1]
	}
	line.Quantity += w.Quantity
	if err := checkWant(w.VariantID, line.Quantity, offer); err != nil {
		return err
	}
	return db.New(pg.Patient(tx)).PutLine(ctx, db.PutLineParams{
		ID: line.ID, CartID: c.ID, VariantID: w.VariantID, Quantity: int32(line.Quantity),
		UnitMinor: offer.Price.Minor, Currency: offer.Price.Currency, ProductID: offer.Snapshot.ProductID,
		Sku: offer.Snapshot.SKU, Title: offer.Snapshot.Title, Subtitle: offer.Snapshot.Subtitle, ImageUrl: offer.Snapshot.ImageURL,
	})
}

// claim takes the addition's key, if it has one; true if it was carried out
// before.
func claim(ctx context.Context, tx pgx.Tx, a Addition, c *Cart) (replayed bool, err error) {
	if a.IdempotencyKey == nil {
		return false, nil
	}
	earlier, err := idempotency.Claim(ctx, tx, auth.From(ctx).ID, "cartLinesAdd", *a.IdempotencyKey, a.Wants, c.ID)
	return earlier != "", err
}

// A Quantity is what a line is to hold; 0 removes it.
type Quantity struct {
	LineID   string
	Quantity int
}

// UpdateLines sets quantities: all of them or none. A quantity may be lowered
// whatever the catalogue says, and raised only to what it has.
func (s *Service) UpdateLines(ctx context.Context, cartID string, quantities []Quantity, expectedVersion *int) (*Cart, error) {
	before, err := s.Cart(ctx, cartID)
	if err != nil {
		return nil, err
	}
	if before == nil {
		return nil, notFound()
	}
	offers := s.prices.Offers(ctx, before.Currency, before.variantIDs())
	return s.change(ctx, &cartID, func(tx pgx.Tx, c *Cart) error {
		if err := c.checkVersion(expectedVersion); err != nil {
			return err
		}
		for i, q := range quantities {
			if err := setQuantity(ctx, tx, c, q, offers); err != nil {
				return at(err, i)
			}
		}
		return nil
	})
}

func setQuantity(ctx context.Context, tx pgx.Tx, c *Cart, q Quantity, offers map[string]Offer) error {
	line := c.lineByID(q.LineID)
	if line == nil {
		return fault.New(fault.NotFound, "The cart has no such line.")
	}
	if q.Quantity == 0 {
		return db.New(tx).RemoveLines(ctx, db.RemoveLinesParams{CartID: c.ID, IDs: []string{q.LineID}})
	}
	if err := checkQuantity(q.Quantity, MaxQuantity); err != nil {
		return err
	}
	if offer, known := offers[line.VariantID]; known && q.Quantity > line.Quantity {
		if err := checkWant(line.VariantID, q.Quantity, offer); err != nil {
			return err
		}
	}
	return db.New(tx).SetQuantity(ctx, db.SetQuantityParams{ID: q.LineID, Quantity: int32(q.Quantity)})
}

// RemoveLines takes lines out; those that are gone already are ignored.
func (s *Service) RemoveLines(ctx context.Context, cartID string, lineIDs []string) (*Cart, error) {
	return s.change(ctx, &cartID, func(tx pgx.Tx, c *Cart) error {
		return db.New(tx).RemoveLines(ctx, db.RemoveLinesParams{CartID: c.ID, IDs: lineIDs})
	})
}

// Clear takes every line out.
func (s *Service) Clear(ctx context.Context, cartID string) (*Cart, error) {
	return s.change(ctx, &cartID, func(tx pgx.Tx, c *Cart) error {
		return db.New(tx).ClearLines(ctx, c.ID)
	})
}

// currencyOf is the currency of a cart that the caller names, or would open.
func (s *Service) currencyOf(ctx context.Context, cartID *string) (string, error) {
	var c *Cart
	var err error
	if cartID != nil {
		if c, err = s.Cart(ctx, *cartID); err == nil && c == nil {
			return "", notFound()
		}
	} else {
		c, err = s.ActiveCart(ctx)
	}
	if err != nil {
		return "", err
	}
	if c == nil {
		return auth.From(ctx).Currency, nil
	}
	return c.Currency, nil
}

// inContext makes the addition's currency and country those of a cart that it
// opens.
func inContext(ctx context.Context, a Addition) context.Context {
	caller := auth.From(ctx)
	if a.Currency != "" {
		caller.Currency = a.Currency
	}
	if a.Country != "" {
		caller.Country = a.Country
	}
	return auth.With(ctx, caller)
}

func variantsOf(wants []Want) []string {
	ids := make([]string, len(wants))
	for i, w := range wants {
		ids[i] = w.VariantID
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// at names the line of the input that err is about.
func at(err error, line int) error { return &lineError{err, strconv.Itoa(line)} }
