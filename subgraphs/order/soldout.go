package order

import (
	"context"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"cartograph/internal/event"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/order/db"
)

// When the last units of a product are sold, nearly all its buyers come too late. A
// checkout that is stored, held and rejected costs each of them two transactions and
// five events, and the crowd waits for all of it. So what is probably sold out is
// read first, from inventory itself, and the buyer is refused with nothing written,
// before they have given an address.
//
// What is probably sold out is known from the catalogue's copy of the stock, which is
// some events behind, and from the rejections of the last seconds. Neither refuses
// an order: inventory's answer does, or the hold.

const (
	shortFor = 10 * time.Second // how long a rejection counts
	maxShort = 1024             // variants that are kept
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

// any reports whether a line's variant is among them.
func (s shortVariants) any(lines []event.Line) bool {
	for _, l := range lines {
		if until, found := s.until.Peek(l.VariantID); found && time.Now().Before(until) {
			return true
		}
	}
	return false
}

// cartLines are the quantities of a cart by variant.
func cartLines(cart *rpcv1.ReadCartResponse) []event.Line {
	lines := make([]Line, len(cart.GetLines()))
	for i, l := range cart.GetLines() {
		lines[i] = Line{VariantID: l.GetVariantId(), Quantity: int(l.GetQuantity())}
	}
	return quantities(lines)
}

// copyShort reports whether the catalogue's copy of the stock is short.
func copyShort(prices *rpcv1.PriceVariantsResponse, lines []event.Line) bool {
	available := make(map[string]int, len(lines))
	for _, p := range prices.GetVariants() {
		available[p.GetVariantId()] = int(p.GetAvailable())
	}
	for _, l := range lines {
		if available[l.VariantID] < l.Quantity {
			return true
		}
	}
	return false
}

// refuseShort returns a *ShortageError if inventory has less than the lines need. It
// refuses no cart that has a purchase: what that holds is released for a new
// checkout, and one that is being paid continues. Without an answer of inventory
// no order is refused.
func (s *Service) refuseShort(ctx context.Context, cart cartState, lines []event.Line) error {
	available, err := s.levels.read(ctx, lines)
	if err != nil {
		s.log.InfoContext(ctx, "levels not read, the hold decides", "err", err)
		return ctx.Err()
	}
	var short []Shortage
	for _, l := range lines {
		if available[l.VariantID] < l.Quantity {
			short = append(short, Shortage{VariantID: l.VariantID, Requested: l.Quantity, Available: available[l.VariantID]})
		}
	}
	if short == nil {
		return nil
	}
	occupied, err := db.New(s.pool).CartsOccupied(ctx, cart.ids())
	if err != nil || occupied {
		return err
	}
	s.short.add(short)
	return &ShortageError{short}
}
