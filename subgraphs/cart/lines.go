package cart

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/idempotency"
	"cartograph/internal/limits"
	"cartograph/internal/pg"
	"cartograph/subgraphs/cart/db"
)

// LineInput is a variant and the quantity to add.
type LineInput struct {
	VariantID string
	Quantity  int
}

// AddLinesRequest is the input of AddLines.
type AddLinesRequest struct {
	CartID         *string // nil: the active cart, created if there is none
	Currency       string  // of a created cart; empty: the caller's
	Country        string
	Lines          []*LineInput
	IdempotencyKey *string
}

// AddLines adds lines to one of the caller's carts, all or none. A repeated
// request with the same idempotency key adds nothing.
//
// Offers are fetched before the transaction: no row is locked during a network
// call. They may be two seconds older than the commit, which is harmless, since
// checkout validates again before any money moves. The currency may have changed
// in between too, and is compared under the lock.
func (s *Service) AddLines(ctx context.Context, req AddLinesRequest) (*Cart, error) {
	if len(req.Lines) > limits.MaxCartLines {
		return nil, fault.New(fault.Invalid, "A cart may contain at most %d lines.", limits.MaxCartLines).WithCode("QUANTITY_LIMIT")
	}
	for i, l := range req.Lines {
		if err := checkQuantity(l.Quantity, limits.MaxCartLineQuantity); err != nil {
			return nil, at(err, i)
		}
	}
	caller := auth.From(ctx)
	target := target{cartID: req.CartID, market: market{
		currency: cmp.Or(req.Currency, caller.Currency), country: cmp.Or(req.Country, caller.Country),
	}}
	currency, err := s.currencyOf(ctx, target)
	if err != nil {
		return nil, err
	}
	offers := s.prices.Offers(ctx, currency, variantsOf(req.Lines))
	if offers == nil && len(req.Lines) > 0 {
		return nil, fault.New(fault.Unavailable, "Prices are temporarily unavailable. Please retry.")
	}
	return s.change(ctx, target, func(tx pgx.Tx, c *Cart) error {
		replayed, err := claim(ctx, tx, req, c)
		if err != nil || replayed {
			return err
		}
		if c.Currency != currency {
			return fault.New(fault.Conflict, "The cart has changed. Please retry.")
		}
		return addAll(ctx, tx, c, req.Lines, offers)
	})
}

func addAll(ctx context.Context, tx pgx.Tx, c *Cart, inputs []*LineInput, offers map[string]Offer) error {
	for i, in := range inputs {
		if err := addOne(ctx, tx, c, in, offers); err != nil {
			return at(err, i)
		}
	}
	if len(c.Lines) > limits.MaxCartLines {
		return fault.New(fault.Invalid, "A cart may contain at most %d lines.", limits.MaxCartLines).WithCode("QUANTITY_LIMIT")
	}
	return nil
}

func addOne(ctx context.Context, tx pgx.Tx, c *Cart, in *LineInput, offers map[string]Offer) error {
	offer, ok := offers[in.VariantID]
	if !ok {
		return fault.New(fault.NotFound, "This item is not for sale.").WithCode("VARIANT_UNAVAILABLE")
	}
	line := c.lineOf(in.VariantID)
	if line == nil {
		c.Lines = append(c.Lines, Line{ID: id.New(id.CartLine), VariantID: in.VariantID})
		line = &c.Lines[len(c.Lines)-1]
	}
	line.Quantity += in.Quantity
	if err := checkOffer(in.VariantID, line.Quantity, offer); err != nil {
		return err
	}
	p := db.PutLineParams{
		ID: line.ID, CartID: c.ID, VariantID: in.VariantID, Quantity: int32(line.Quantity),
		UnitMinor: offer.Price.Minor, Currency: offer.Price.Currency, ProductID: offer.Snapshot.ProductID,
		Sku: offer.Snapshot.SKU, Title: offer.Snapshot.Title, Subtitle: offer.Snapshot.Subtitle, ImageUrl: offer.Snapshot.ImageURL,
	}
	pg.BatchOf(tx).QueueQuery(func(e pg.Executor) error { return db.New(e).PutLine(ctx, p) })
	return nil
}

// claim stores the request's idempotency key, if it has one. It reports whether
// the request was carried out before.
func claim(ctx context.Context, tx pgx.Tx, req AddLinesRequest, c *Cart) (replayed bool, err error) {
	if req.IdempotencyKey == nil {
		return false, nil
	}
	earlier, err := idempotency.Claim(ctx, tx, auth.From(ctx).ID, "cartLinesAdd", *req.IdempotencyKey, req.Lines, c.ID)
	return earlier != "", err
}

// LineUpdate sets the quantity of a line; 0 removes the line.
type LineUpdate struct {
	LineID   string
	Quantity int
}

// UpdateLines sets quantities, all or none. Raising one is checked against the
// offer; lowering one never is, or a customer could not get out of a line that
// has sold out or has too many.
func (s *Service) UpdateLines(ctx context.Context, cartID string, updates []*LineUpdate, expectedVersion *int) (*Cart, error) {
	before, err := s.Cart(ctx, cartID)
	if err != nil {
		return nil, err
	}
	if before == nil {
		return nil, notFound()
	}
	offers := s.prices.Offers(ctx, before.Currency, before.variantIDs())
	return s.change(ctx, target{cartID: &cartID}, func(tx pgx.Tx, c *Cart) error {
		if err := c.checkVersion(expectedVersion); err != nil {
			return err
		}
		for i, u := range updates {
			if err := update(ctx, tx, c, u, offers); err != nil {
				return at(err, i)
			}
		}
		return nil
	})
}

func update(ctx context.Context, tx pgx.Tx, c *Cart, u *LineUpdate, offers map[string]Offer) error {
	line := c.lineByID(u.LineID)
	if line == nil {
		return fault.New(fault.NotFound, "Line not found in this cart.")
	}
	if u.Quantity == 0 {
		return db.New(tx).RemoveLines(ctx, db.RemoveLinesParams{CartID: c.ID, IDs: []string{u.LineID}})
	}
	if err := checkQuantity(u.Quantity, limits.MaxCartLineQuantity); err != nil {
		return err
	}
	if offer, known := offers[line.VariantID]; known && u.Quantity > line.Quantity {
		if err := checkOffer(line.VariantID, u.Quantity, offer); err != nil {
			return err
		}
	}
	return db.New(tx).SetQuantity(ctx, db.SetQuantityParams{ID: u.LineID, Quantity: int32(u.Quantity)})
}

// RemoveLines removes lines. Lines that do not exist are ignored, so a retry is
// harmless.
func (s *Service) RemoveLines(ctx context.Context, cartID string, lineIDs []string) (*Cart, error) {
	return s.change(ctx, target{cartID: &cartID}, func(tx pgx.Tx, c *Cart) error {
		return db.New(tx).RemoveLines(ctx, db.RemoveLinesParams{CartID: c.ID, IDs: lineIDs})
	})
}

// Clear removes every line.
func (s *Service) Clear(ctx context.Context, cartID string) (*Cart, error) {
	return s.change(ctx, target{cartID: &cartID}, func(tx pgx.Tx, c *Cart) error {
		return db.New(tx).ClearLines(ctx, c.ID)
	})
}

// currencyOf is the currency of the target, or of the cart that would be created.
func (s *Service) currencyOf(ctx context.Context, target target) (string, error) {
	var c *Cart
	var err error
	if target.cartID != nil {
		if c, err = s.Cart(ctx, *target.cartID); err == nil && c == nil {
			return "", notFound()
		}
	} else {
		c, err = s.ActiveCart(ctx)
	}
	if err != nil {
		return "", err
	}
	if c == nil {
		return target.market.currency, nil
	}
	return c.Currency, nil
}

func variantsOf(lines []*LineInput) []string {
	ids := make([]string, len(lines))
	for i, l := range lines {
		ids[i] = l.VariantID
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// at adds the index of the input line to err.
func at(err error, line int) error { return &lineError{err, strconv.Itoa(line)} }
