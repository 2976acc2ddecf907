package cart

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/idempotency"
	"cartograph/internal/limits"
	"cartograph/internal/message"
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
	Codes          []string // discount codes, which are added with the lines
	IdempotencyKey *string
}

// codesOfCreate is the argument with the codes of AddLinesRequest.
var codesOfCreate = []string{"input", "discountCodes"}

// Create adds lines and discount codes to the caller's active cart, which it creates if
// there is none: all of them or nothing.
func (s *Service) Create(ctx context.Context, req AddLinesRequest) (*Cart, error) {
	c, err := s.AddLines(ctx, req)
	if err != nil {
		return nil, &inputError{err}
	}
	return c, nil
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
		return nil, tooManyLines()
	}
	for i, l := range req.Lines {
		if l.Quantity < 1 {
			return nil, at(fault.Localized(fault.Invalid, "cart.quantity_minimum"), i)
		}
	}
	codes, err := normalCodes(req.Codes, codesOfCreate)
	if err != nil {
		return nil, err
	}
	if earlier, err := s.earlier(ctx, req); earlier != nil || err != nil {
		return earlier, err
	}
	market, err := s.marketOf(ctx, req.Currency, req.Country)
	if err != nil {
		return nil, err
	}
	target := target{cartID: req.CartID, market: market}
	currency, err := s.currencyOf(ctx, target)
	if err != nil {
		return nil, err
	}
	offers := s.prices.Offers(ctx, currency, variantsOf(req.Lines))
	for i, l := range req.Lines { // before a cart is created or locked
		if _, err := offers.find(l.VariantID); err != nil {
			return nil, at(err, i)
		}
	}
	c, err := s.change(ctx, target, func(tx pgx.Tx, c *Cart) error {
		if err := claim(ctx, tx, req, c); err != nil {
			return err
		}
		if c.Currency != currency {
			return changed()
		}
		if err := addAll(ctx, tx, c, req.Lines, offers); err != nil || len(codes) == 0 {
			return err
		}
		return s.addCodes(ctx, tx, c, codes, codesOfCreate)
	})
	if errors.Is(err, errReplayed) {
		return s.earlier(ctx, req)
	}
	return c, err
}

func addAll(ctx context.Context, tx pgx.Tx, c *Cart, inputs []*LineInput, offers Offers) error {
	for i, in := range inputs {
		if err := addOne(ctx, tx, c, in, offers); err != nil {
			return at(err, i)
		}
	}
	if len(c.Lines) > limits.MaxCartLines {
		return tooManyLines()
	}
	return nil
}

func addOne(ctx context.Context, tx pgx.Tx, c *Cart, in *LineInput, offers Offers) error {
	offer, err := offers.find(in.VariantID)
	if err != nil {
		return err
	}
	line := c.lineOf(in.VariantID)
	if line == nil {
		c.Lines = append(c.Lines, Line{ID: id.New(id.CartLine), VariantID: in.VariantID})
		line = &c.Lines[len(c.Lines)-1]
	}
	line.Quantity += in.Quantity
	if err := offer.check(in.VariantID, line.Quantity); err != nil {
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

// errReplayed means that the request was carried out before.
var errReplayed = errors.New("replayed")

const addOperation = "cartLinesAdd"

// fingerprint is what two requests with one idempotency key must have in common.
// A request for the active cart differs from one for the same cart by its ID.
func (r AddLinesRequest) fingerprint() any {
	return struct {
		CartID *string
		Lines  []*LineInput
	}{r.CartID, r.Lines}
}

// claim stores the request's idempotency key, if it has one. It returns
// errReplayed if the request was carried out before.
func claim(ctx context.Context, tx pgx.Tx, req AddLinesRequest, c *Cart) error {
	if req.IdempotencyKey == nil {
		return nil
	}
	earlier, err := idempotency.Claim(ctx, tx, auth.From(ctx).ID, addOperation, *req.IdempotencyKey, req.fingerprint(), c.ID)
	if err == nil && earlier != "" {
		return errReplayed
	}
	return atKey(err)
}

// earlier returns the cart that an earlier request with the same idempotency key
// changed, or nil if there was none. A cart that was bought since is returned too:
// the answer of the first request may have been lost.
func (s *Service) earlier(ctx context.Context, req AddLinesRequest) (*Cart, error) {
	caller := auth.From(ctx)
	if req.IdempotencyKey == nil || caller.ID == "" {
		return nil, nil
	}
	cartID, err := idempotency.Recall(ctx, s.pool, caller.ID, addOperation, *req.IdempotencyKey, req.fingerprint())
	if err != nil || cartID == "" {
		return nil, atKey(err)
	}
	return s.Cart(ctx, cartID)
}

// atKey sets the path of an error about the idempotency key, which is an argument
// of its own here.
func atKey(err error) error {
	if f := fault.Of(err); f != nil {
		f.At("idempotencyKey") //nolint:errcheck // returns f itself
	}
	return err
}

// LineUpdate sets the quantity of a line; 0 removes the line.
type LineUpdate struct {
	LineID   string
	Quantity int
}

// UpdateLines sets quantities, all or none. Raising one needs an offer that
// allows it; lowering one needs none, or a customer could not get out of a line
// that has sold out, has too many or is no longer for sale.
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

func update(ctx context.Context, tx pgx.Tx, c *Cart, u *LineUpdate, offers Offers) error {
	line := c.lineByID(u.LineID)
	if line == nil {
		return fault.Localized(fault.NotFound, "cart.line_not_found")
	}
	if u.Quantity == 0 {
		return db.New(tx).RemoveLines(ctx, db.RemoveLinesParams{CartID: c.ID, IDs: []string{u.LineID}})
	}
	if u.Quantity < 0 {
		return fault.Localized(fault.Invalid, "cart.quantity_minimum")
	}
	if u.Quantity > line.Quantity {
		offer, err := offers.find(line.VariantID)
		if err != nil {
			return err
		}
		if err := offer.check(line.VariantID, u.Quantity); err != nil {
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

// Clear removes every line and ends the warnings of the cart.
func (s *Service) Clear(ctx context.Context, cartID string) (*Cart, error) {
	return s.change(ctx, target{cartID: &cartID}, func(tx pgx.Tx, c *Cart) error {
		batch := pg.BatchOf(tx)
		batch.QueueQuery(func(e pg.Executor) error { return db.New(e).ClearLines(ctx, c.ID) })
		queueWarnings(ctx, batch, c.ID, nil)
		return nil
	})
}

// currencyOf is the currency of the target, or of the cart that would be created. A
// cart that is older than the end of sales in its currency is refused with the way
// out, rather than each of its lines as not for sale.
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
	if !slices.Contains(s.currencies, c.Currency) {
		return "", fault.Localized(fault.Conflict, "cart.currency_ended", message.Args{"currency": c.Currency, "currencies": strings.Join(s.currencies, ", ")})
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
func at(err error, line int) error { return &lineError{err, "lines", strconv.Itoa(line)} }
