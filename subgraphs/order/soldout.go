package order

import (
	"context"
	"errors"
	"slices"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	rpcv1 "cartograph/internal/rpc/v1"
)

// When the last units of a product are sold, nearly all its buyers come too late. A
// checkout that is stored, held and rejected costs each of them two transactions and
// five events, and the crowd waits for all of it. So of what is probably sold out, the
// buyer joins inventory's waiting line first, and is refused with no checkout written
// if it is not their turn, before they have given an address. A guest without contact
// data, whose stock is not held yet, joins the line of whatever is scarce: no more of
// them come to give an address than there are units.
//
// What is probably sold out is known from the catalogue's copy of the stock, which is
// some events behind, and from the rejections of the last seconds. Neither refuses
// an order: inventory's answer does, or the hold.

const (
	shortFor = 10 * time.Second // how long a rejection counts
	maxShort = 1024             // variants that are kept

	maxRefused = 32 // of these, variants for which a cart is read without its promotions

	// What is scarce for guests without contact data: fewer units more than they need.
	scarceMargin = 100
)

// shortVariants are the variants that were short a moment ago.
type shortVariants struct{ until *lru.Cache[string, time.Time] }

func newShortVariants() shortVariants {
	cache, _ := lru.New[string, time.Time](maxShort) // fails only for a size below one
	return shortVariants{cache}
}

func (s shortVariants) add(shortages []Shortage) {
	for _, sh := range shortages {
		if sh.Limit == "" { // a limit is the holder's, not the variant's
			s.until.Add(sh.VariantID, time.Now().Add(shortFor))
		}
	}
}

// has reports whether a variant is among them.
func (s shortVariants) has(variantID string) bool {
	until, found := s.until.Peek(variantID)
	return found && time.Now().Before(until)
}

// any reports whether a line's variant is among them.
func (s shortVariants) any(lines []event.Line) bool {
	return slices.ContainsFunc(lines, func(l event.Line) bool { return s.has(l.VariantID) })
}

// last returns some of them, the latest.
func (s shortVariants) last() []string {
	ids := s.until.Keys() // the oldest first
	return slices.DeleteFunc(ids[max(0, len(ids)-maxRefused):], func(variantID string) bool { return !s.has(variantID) })
}

// cartLines are the quantities of a cart by variant.
func cartLines(cart *rpcv1.Cart) []event.Line {
	lines := make([]Line, len(cart.GetLines()))
	for i, l := range cart.GetLines() {
		lines[i] = Line{VariantID: l.GetVariantId(), Quantity: int(l.GetQuantity())}
	}
	return quantities(lines)
}

// copyShort reports whether the catalogue's copy of the stock has less than the lines
// need and so many units more.
func copyShort(prices *rpcv1.PriceVariantsResponse, lines []event.Line, margin int) bool {
	available := make(map[string]int, len(lines))
	for _, p := range prices.GetVariants() {
		available[p.GetVariantId()] = int(p.GetAvailable())
	}
	for _, l := range lines {
		if available[l.VariantID] < l.Quantity+margin {
			return true
		}
	}
	return false
}

// lineEntry is the caller in inventory's waiting lines.
func lineEntry(caller auth.Caller, d Delivery, lines []event.Line, currency string) *rpcv1.LineEntry {
	e := &rpcv1.LineEntry{Currency: currency, Holder: caller.ID, Guest: caller.Kind == auth.Guest, Contact: hasContact(d.Email, d.Shipping)}
	if e.Guest && caller.Address != "" {
		e.Network = caller.Network()
	}
	for _, l := range lines {
		e.Lines = append(e.Lines, &rpcv1.HoldLine{VariantId: l.VariantID, Quantity: int32(l.Quantity)})
	}
	return e
}

// onSales names the sales at whose prices the lines were quoted: the customer waits for
// their units. Before there are prices, inventory supposes those that go on.
func onSales(e *rpcv1.LineEntry, quoted []Line) {
	for _, l := range quoted {
		for _, wanted := range e.Lines {
			if wanted.GetVariantId() == l.VariantID && l.FlashSaleID != "" {
				wanted.FlashSaleId = l.FlashSaleID
			}
		}
	}
}

// refuseShort returns a *ShortageError if it is not the caller's turn to buy. Without
// an answer of inventory no order is refused: the hold decides. For a guest without
// contact data no hold decides soon; while inventory is too slow, they come back later.
func (s *Service) refuseShort(ctx context.Context, cart cartState, entry *rpcv1.LineEntry) error {
	short, err := s.line.Call(ctx, joinRequest{entry, cart.ids()})
	switch {
	case err == nil:
	case ctx.Err() == nil && entry.GetGuest() && !entry.GetContact() && errors.Is(err, context.DeadlineExceeded):
		return overloaded()
	default:
		s.log.InfoContext(ctx, "waiting line not joined, the hold decides", "err", err)
		return ctx.Err()
	}
	if short == nil {
		return nil
	}
	s.short.add(short)
	return &ShortageError{short}
}
