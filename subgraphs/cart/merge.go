package cart

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/limits"
	"cartograph/internal/money"
	"cartograph/internal/outbox"
	"cartograph/internal/pg"
	"cartograph/subgraphs/cart/db"
)

// MergeMode is what becomes of a guest's cart and the account's.
type MergeMode string

// The modes.
const (
	MergeBoth   MergeMode = "MERGE"
	KeepGuest   MergeMode = "KEEP_GUEST"
	KeepAccount MergeMode = "KEEP_ACCOUNT"
)

const maxMergeAttempts = 3

// errOutdated means that one of two carts has changed since its prices were
// looked up.
var errOutdated = errors.New("cart changed since it was priced")

// mergeGuest merges the caller's guest cart into the account's cart, on the first
// request with both. Rules:
//
//   - An account without an active cart takes over the guest's cart as it is.
//   - Quantities of the same variant add up, as far as one order may contain them;
//     the account's line keeps its own price history, so a price rise that the
//     customer has not acknowledged there stays a problem.
//   - An empty account cart takes over the guest's currency and country. Otherwise
//     the account's stay, and lines of another currency get the price of the
//     account's.
//   - Lines beyond limits.MaxCartLines and lines without a price in the account's
//     currency are dropped: the cart of the account goes first.
//   - Discount codes add up, as far as a cart can have them.
//   - Whatever was not taken over or was added up is a Warning of the cart.
//   - Where the customer keeps one of the carts, the other is closed with its lines: it
//     is merged into none, so that an order of it takes nothing out of the other. A cart
//     without lines is not kept in place of one with lines.
//
// Prices are looked up before the transaction, and the carts are compared under
// their locks with those that were priced. While a price is unknown the merge
// waits: the account's cart is used without the guest's.
//
// The first page after signing in sends several requests at once. All of them
// come here; the row locks serialise them, and all but the first find no active
// guest cart.
func (s *Service) mergeGuest(ctx context.Context) error {
	return s.mergeGuestBy(ctx, MergeMode(auth.From(ctx).CartMerge))
}

// mergeGuestBy is mergeGuest by a mode; any other value merges both.
func (s *Service) mergeGuestBy(ctx context.Context, mode MergeMode) error {
	caller := auth.From(ctx)
	if caller.Kind != auth.User || caller.GuestID == "" {
		return nil
	}
	for range maxMergeAttempts {
		err := s.tryMerge(ctx, caller, mode)
		if errors.Is(err, errOutdated) {
			continue // the other change has committed
		}
		if err != nil {
			return fmt.Errorf("merge the guest cart of %s: %w", caller.ID, err)
		}
		return nil
	}
	return nil // the next request merges
}

// Merge merges the cart that the caller had as a guest by a mode. A cart that was merged
// before is left alone, so that a request may be repeated.
func (s *Service) Merge(ctx context.Context, fromCartID string, mode MergeMode) (*Cart, error) {
	caller := auth.From(ctx)
	if caller.Kind != auth.User {
		return nil, signInFirst()
	}
	from, err := s.Cart(ctx, fromCartID)
	if err != nil {
		return nil, err
	}
	if from == nil || !caller.Owns(from.OwnerID) { // staff read the carts of others, too
		return nil, fault.Localized(fault.NotFound, "cart.not_found").At("fromCartId")
	}
	if from.Status == Converted {
		return nil, from.checkOpen()
	}
	if from.Status == Active && from.OwnerID != caller.ID {
		if err := s.mergeGuestBy(ctx, mode); err != nil {
			return nil, err
		}
		if from, err = s.Cart(ctx, fromCartID); err != nil {
			return nil, err
		}
		if from != nil && from.Status == Active && from.OwnerID != caller.ID {
			return nil, fault.Localized(fault.Unavailable, "cart.prices_unavailable")
		}
	}
	return s.ActiveCart(ctx)
}

// keeps is the cart of the two that stays by the mode, with the one that is closed; none
// where they are merged.
func (m MergeMode) keeps(own, guest *Cart) (kept, closed *Cart) {
	switch {
	case own == nil:
		return nil, nil
	case m == KeepGuest && len(guest.Lines) > 0, m == KeepAccount && len(own.Lines) == 0:
		return guest, own
	case m == KeepGuest, m == KeepAccount:
		return own, guest
	default:
		return nil, nil
	}
}

func (s *Service) tryMerge(ctx context.Context, caller auth.Caller, mode MergeMode) error {
	rows, err := db.New(s.pool).ActiveCarts(ctx, caller.Owners())
	if err != nil {
		return err
	}
	priced, err := byOwner(rows)
	if err != nil {
		return err
	}
	own, guest := priced[caller.ID], priced[caller.GuestID]
	if guest == nil {
		return nil
	}
	kept, closed := mode.keeps(own, guest)
	var offers Offers
	if own != nil && kept == nil {
		offers = s.prices.Offers(ctx, own.currencyWith(guest), guest.variantIDs())
		if !offers.cover(guest.variantIDs()) {
			return nil
		}
	}
	var changed *Cart
	err = s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		locked, err := lockActive(ctx, tx, caller.Owners())
		if err != nil {
			return err
		}
		switch {
		case locked[caller.GuestID] == nil:
			changed = nil
			return nil
		case !sameVersion(locked[caller.ID], own) || !sameVersion(locked[caller.GuestID], guest):
			return errOutdated
		case kept != nil:
			changed, err = s.keep(ctx, tx, caller.ID, kept, closed)
			return err
		case own == nil:
			if err := db.New(tx).Adopt(ctx, db.AdoptParams{ID: guest.ID, OwnerID: caller.ID}); err != nil {
				return err
			}
			changed, err = s.publish(ctx, tx, guest.ID)
			return err
		default:
			if len(locked[caller.GuestID].CheckoutIDs) > 0 {
				if err := db.New(tx).MoveCheckouts(ctx, db.MoveCheckoutsParams{IntoID: own.ID, FromID: guest.ID}); err != nil {
					return err
				}
			}
			if err := writeMerge(ctx, tx, own, guest, offers); err != nil {
				return err
			}
			changed, err = s.publish(ctx, tx, own.ID)
			return err
		}
	})
	if err == nil && changed != nil {
		s.changes.Notify(changed.ID)
		if closed != nil {
			s.changes.Notify(closed.ID)
		}
	}
	return err
}

// keep makes one of two carts the owner's active one and closes the other.
func (s *Service) keep(ctx context.Context, tx pgx.Tx, ownerID string, kept, closed *Cart) (*Cart, error) {
	q := db.New(tx)
	if err := q.CloseUnmerged(ctx, closed.ID); err != nil { // first: an owner has one active cart
		return nil, err
	}
	if _, err := s.publish(ctx, tx, closed.ID); err != nil {
		return nil, err
	}
	if kept.OwnerID != ownerID {
		if err := q.Adopt(ctx, db.AdoptParams{ID: kept.ID, OwnerID: ownerID}); err != nil {
			return nil, err
		}
	}
	return s.publish(ctx, tx, kept.ID)
}

func sameVersion(a, b *Cart) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.ID == b.ID && a.Version == b.Version
}

// lockActive locks the owners' active carts and returns them by owner. They are
// locked in the order of their ids, so that concurrent requests cannot deadlock.
func lockActive(ctx context.Context, tx pgx.Tx, owners []string) (map[string]*Cart, error) {
	rows, err := db.New(tx).LockActiveCarts(ctx, owners)
	if err != nil {
		return nil, err
	}
	carts := make(map[string]*Cart, len(rows))
	for _, r := range rows {
		carts[r.OwnerID] = cartOf(r, nil) // the version stands for the lines
	}
	return carts, nil
}

func writeMerge(ctx context.Context, tx pgx.Tx, own, guest *Cart, offers Offers) error {
	currency := own.currencyWith(guest)
	copies, warnings := own.merge(guest, offers)
	batch := pg.BatchOf(tx)
	for _, line := range copies {
		p := db.CopyLineParams{
			ID: id.New(id.CartLine), CartID: own.ID, FromLineID: line.fromLineID, Quantity: int32(line.quantity),
			Currency: currency, UnitMinor: line.price.Minor,
		}
		batch.QueueQuery(func(e pg.Executor) error { return db.New(e).CopyLine(ctx, p) })
	}
	if currency != own.Currency {
		p := db.SetContextParams{ID: own.ID, Currency: currency, Country: guest.Country, PostalCode: guest.PostalCode}
		batch.QueueQuery(func(e pg.Executor) error { return db.New(e).SetContext(ctx, p) })
	}
	if codes := mergedCodes(own, guest); len(codes) > len(own.DiscountCodes) {
		batch.QueueQuery(func(e pg.Executor) error {
			return db.New(e).SetDiscountCodes(ctx, db.SetDiscountCodesParams{ID: own.ID, Codes: codes})
		})
	}
	if len(warnings) > 0 {
		queueWarnings(ctx, batch, own.ID, append(own.Warnings(), warnings...))
	}
	closed := db.CloseMergedParams{ID: guest.ID, IntoID: own.ID}
	batch.QueueQuery(func(e pg.Executor) error { return db.New(e).CloseMerged(ctx, closed) })
	return outbox.Write(ctx, tx, event.CartMerged{CartID: guest.ID, IntoCartID: own.ID})
}

// mergedCodes are the discount codes of both carts, those of the account first, as many
// as a cart can have.
func mergedCodes(own, guest *Cart) []string {
	codes := slices.Clone(own.DiscountCodes)
	for _, code := range guest.DiscountCodes {
		if !slices.Contains(codes, code) && len(codes) < maxDiscountCodes {
			codes = append(codes, code)
		}
	}
	return codes
}

// lineCopy is a line of a guest's cart with the quantity that the account's line
// has after the merge.
type lineCopy struct {
	fromLineID string
	quantity   int
	price      money.Money // of a line whose own price is in another currency
}

// currencyWith is the currency of c after a merge with a guest's cart.
func (c *Cart) currencyWith(guest *Cart) string {
	if len(c.Lines) == 0 {
		return guest.Currency
	}
	return c.Currency
}

// merge decides what c takes over from a guest's cart. No line is raised beyond
// what AddLines would allow, and no line of c is lowered.
func (c *Cart) merge(guest *Cart, offers Offers) (copies []lineCopy, warnings []Warning) {
	lines, currency := len(c.Lines), c.currencyWith(guest)
	for _, l := range guest.Lines {
		existing := c.lineOf(l.VariantID)
		offer, forSale := offers.byVariant[l.VariantID]
		w := Warning{VariantID: l.VariantID, Title: l.Snapshot.Title, Requested: l.Quantity}
		if existing != nil {
			w.Requested += existing.Quantity
			w.Kept = existing.Quantity
		}
		switch {
		case existing == nil && lines == limits.MaxCartLines:
			w.Code = TooManyLines
		case !forSale && (existing != nil || guest.Currency != currency):
			w.Code = NotForSale
		case !forSale: // a problem of the cart, as it was one of the guest's
			w.Kept = l.Quantity
		default:
			w.Code, w.Kept = QuantityReduced, max(w.Kept, min(w.Requested, offer.limit()))
		}
		if existing != nil && w.Kept == w.Requested {
			w.Code = LinesMerged
		}
		if w.Code == LinesMerged || w.Kept < w.Requested && w.Code != "" {
			warnings = append(warnings, w)
		}
		if w.Kept == 0 {
			continue
		}
		if existing == nil {
			lines++
		}
		copies = append(copies, lineCopy{l.ID, w.Kept, offer.Price})
	}
	return copies, warnings
}
